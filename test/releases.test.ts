// Releases: the notes come from the changelog, and the workflows run nothing that is not pinned.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { projectFolder } from './support/program.ts';

const workflows = readdirSync(`${projectFolder}.github/workflows`).map((name) => {
  const text = readFileSync(`${projectFolder}.github/workflows/${name}`, 'utf8');
  return [name, text] as const;
});
const { version } = JSON.parse(readFileSync(`${projectFolder}package.json`, 'utf8')) as { version: string };
const notesOf = (tag: string) =>
  spawnSync(`${projectFolder}.github/release-notes`, [tag], { encoding: 'utf8' });

test('the notes of a release are the changelog’s section of the version in package.json', () => {
  const { status, stdout } = notesOf(`v${version}`);
  const changelog = readFileSync(`${projectFolder}CHANGELOG.md`, 'utf8');
  const section = changelog.split(/^## /m).find((part) => part.startsWith(`${version} –`));
  expect([status, stdout.trim()]).toEqual([0, section!.split('\n').slice(1).join('\n').trim()]);
  expect(notesOf('v99.0.0')).toMatchObject({
    status: 1,
    stdout: '',
    stderr: 'package.json is not at 99.0.0.\n',
  });
});

test.each(workflows)('%s pins each action, and begins with the right to read', (_name, text) => {
  const uses = [...text.matchAll(/uses: (.+)$/gm)].map(([, what]) => what!);
  for (const what of uses) expect(what).toMatch(/^(\.\/\S+|\S+@[\da-f]{40} # v\d+\.\d+\.\d+)$/);
  expect((parse(text) as { permissions: object }).permissions).toEqual({ contents: 'read' });
});

// docs/asvs.md lists every row of OWASP ASVS 5.0.0, levels 1 and 2; SECURITY.md lists the open ones.
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { projectFolder } from './support/program.ts';

const read = (name: string) => readFileSync(`${projectFolder}${name}`, 'utf8');
const table = read('docs/asvs.md');
const rows = table
  .split('\n')
  .filter((line) => /^\| V\d/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, number = '', level = '', , state = '', where = '']) => ({ number, level, state, where }));

/** How many rows of levels 1 and 2 the standard has in its chapters, from V1 to V17 (its CSV file, 5.0.0). */
const rowsPerChapter = [27, 11, 19, 10, 9, 35, 18, 7, 7, 29, 14, 9, 13, 9, 13, 16, 7];

test('each of the 253 rows is listed once, with a level and a state', () => {
  const numbers = rows.map(({ number }) => number);
  expect(numbers.length).toBe(253);
  expect(numbers.filter((number, index) => numbers.indexOf(number) !== index)).toEqual([]);
  const counted = rowsPerChapter.map(
    (_, index) => numbers.filter((number) => number.startsWith(`V${index + 1}.`)).length,
  );
  expect(counted).toEqual(rowsPerChapter);
  for (const { number, level, state, where } of rows) {
    expect(['1', '2'], number).toContain(level);
    expect(['met', 'deviation', 'not met', 'n/a'], number).toContain(state);
    expect(where, number).not.toBe('');
  }
});

test.each([
  ['not met', 'Not met'],
  ['deviation', 'Deviations'],
])('SECURITY.md has a line for each row that is "%s", and for no other', (state, heading) => {
  const listed = read('SECURITY.md').split(`\n### ${heading}\n`)[1]!.split('\n#')[0]!;
  const lines = listed.split('\n').filter((line) => line.startsWith('- '));
  const named = lines.flatMap((line) => /^- (V\d+\.\d+\.\d+) \S.{10}/.exec(line)?.[1] ?? line);
  expect(named).toEqual(rows.filter((row) => row.state === state).map(({ number }) => number));
});

test.each(['docs/asvs.md', 'docs/input-rules.md'])('every file named by %s exists', (document) => {
  const paths = [...read(document).matchAll(/`([^`\s]+)`/g)]
    .map(([, quoted]) => quoted!)
    .filter((quoted) => /^[\w.-]+\/[\w./-]+$|^[\w.-]*\.(ts|js|md|json|yml)$|^Dockerfile$/.test(quoted));
  expect(paths.length).toBeGreaterThan(10);
  expect(paths.filter((path) => !existsSync(`${projectFolder}${path}`))).toEqual([]);
});

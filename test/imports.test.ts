// Imports go downwards, without cycles.
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';
import { expect, test } from 'vitest';
import { projectFolder } from './support/program.ts';

// From the roof to the ground. Files beside them stand at the bottom: ids, names, settings.
const floors = [
  ['main.ts', 'operator', 'demo'],
  ['process'],
  ['app.ts'],
  ['admin'],
  ['backups'],
  ['transfers'],
  ['accounts'],
  ['mailbox'],
  ['sessions'],
  ['web'],
  ['secrets'],
  ['database'],
  ['concurrency'],
];

const files = globSync('**/*.ts', { cwd: join(projectFolder, 'src') });
const imports = new Map(files.map((file) => [file, importsOf(file)]));

function importsOf(file: string): string[] {
  const text = readFileSync(join(projectFolder, 'src', file), 'utf8');
  const found = text.matchAll(/^(?:import|export|\} from)\b[^'\n]*'(\.[^']+)'|\bimport\('(\.[^']+)'\)/gm);
  return [...found]
    .map(([, from, called]) => normalize(join(dirname(file), (from ?? called)!)))
    .filter((path) => path.endsWith('.ts') && !path.startsWith('..'));
}

function floorOf(file: string): number {
  const room = file.split('/')[0]!;
  const floor = floors.findIndex((rooms) => rooms.includes(room));
  return floor === -1 ? floors.length : floor;
}

const isWithin = (file: string, other: string) =>
  file.includes('/') ? file.split('/')[0] === other.split('/')[0] : floorOf(file) === floors.length;

test('every folder belongs to a layer', () => {
  const folders = new Set(files.filter((file) => file.includes('/')).map((file) => file.split('/')[0]!));
  expect([...folders].filter((folder) => !floors.flat().includes(folder))).toEqual([]);
});

test('imports go downwards only', () => {
  const upwards = files.flatMap((file) =>
    imports
      .get(file)!
      .filter((other) => floorOf(other) <= floorOf(file) && !isWithin(file, other))
      .map((other) => `${file} imports ${other}`),
  );
  expect(upwards).toEqual([]);
  expect([...imports.values()].flat().length).toBeGreaterThan(900); // the pattern above still finds them
});

test('there are no import cycles', () => {
  const left = new Map(imports);
  for (;;) {
    const done = [...left].filter(([, others]) => others.every((other) => !left.has(other)));
    if (done.length === 0) break;
    for (const [file] of done) left.delete(file);
  }
  expect([...left.keys()]).toEqual([]);
});

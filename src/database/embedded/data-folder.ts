// The data folder of the built-in PostgreSQL: created completely at the first start, or not at all.
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { StartupError } from '../../startup-error.ts';
import type { ServerUser } from './server-user.ts';

const advice = 'Set DATA_DIR to a folder that this user can write to.';

/** Throws a StartupError on failure. */
export function makeFolder(dataDir: string): void {
  try {
    makeWithParents(dataDir);
  } catch (error) {
    throw new StartupError(`Cannot create the data folder ${dataDir}: ${reason(error)}. ${advice}`);
  }
}

/** mkdirSync with `recursive` never returns where nothing can be created, such as in /proc (Node 26). */
function makeWithParents(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(folder) !== folder) makeWithParents(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}

/** Throws a StartupError when the folder belongs to another user. */
export function isMade(folder: string): boolean {
  const stat = statSync(folder, { throwIfNoEntry: false });
  if (!stat) return false;
  const me = process.getuid?.();
  if (me !== 0 && stat.uid !== me) {
    throw new StartupError(
      `The database in ${folder} belongs to another user: start as that user, or set DATA_DIR to another folder.`,
    );
  }
  if ((stat.mode & 0o700) !== 0o700) chmodSync(folder, 0o700); // lost in a copy; copied-folder.ts does the rest
  return statSync(join(folder, 'PG_VERSION'), { throwIfNoEntry: false }) !== undefined;
}

/** Creates the database next to its place and renames it, so that a crash leaves no partial one. */
export async function makeDatabase(binaries: string, folder: string, user: ServerUser): Promise<void> {
  const fresh = makeFreshFolder(folder, user);
  try {
    await runInitdb(binaries, fresh, user);
    renameSync(fresh, folder);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    if (isMade(folder)) return; // a concurrent start was faster; its database is ours too
    throw new StartupError(`Cannot create the database in ${folder}: ${reason(error)}.`);
  }
}

function makeFreshFolder(folder: string, user: ServerUser): string {
  try {
    const fresh = mkdtempSync(`${folder}.new-${process.pid}-`);
    user.own(fresh);
    return fresh;
  } catch (error) {
    throw new StartupError(`Cannot write to the data folder ${dirname(folder)}: ${reason(error)}. ${advice}`);
  }
}

// Search asks the operating system what a letter is; PostgreSQL knows everything else. With plain C, quotation marks
// and emoji are letters, and “cake” is not found as cake.
const characterTypes = ['C.UTF-8', 'en_US.UTF-8', 'C'];

async function runInitdb(binaries: string, fresh: string, user: ServerUser): Promise<void> {
  for (const characterType of characterTypes) {
    const trouble = await tryInitdb(binaries, fresh, user, characterType);
    if (trouble === undefined) return;
    if (!trouble.includes('locale name') || characterType === characterTypes.at(-1)) throw new Error(trouble);
  }
}

async function tryInitdb(
  binaries: string,
  fresh: string,
  user: ServerUser,
  characterType: string,
): Promise<string | undefined> {
  const args = ['-D', fresh, '-U', 'owner', '--auth=trust', '--encoding=UTF8', '--no-instructions'];
  const builtin = ['--locale-provider=builtin', '--builtin-locale=PG_UNICODE_FAST', '--locale=C'];
  const locale = [...builtin, `--lc-ctype=${characterType}`];
  const child = user.spawn(join(binaries, 'initdb'), [...args, ...locale], ['ignore', 'ignore', 'pipe']);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const [code, words] = await Promise.all([ended, text(child.stderr!)]);
  if (code === 0) return undefined;
  const lines = words.trim().split('\n');
  return lines.find((line) => /error|fatal|could not/i.test(line)) ?? lines.at(-1);
}

export function removeHalfMade(folder: string): void {
  const prefix = `${basename(folder)}.new-`;
  for (const name of readdirSync(dirname(folder)).filter((entry) => entry.startsWith(prefix))) {
    const maker = Number.parseInt(name.slice(prefix.length), 10);
    if (maker === process.pid || !isAlive(maker)) removeIfPossible(join(dirname(folder), name));
  }
}

function removeIfPossible(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // An initdb whose parent was killed may still be writing there; the next start retries.
  }
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // it belongs to another user
  }
}

export function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (
    { EACCES: 'permission denied', EROFS: 'the disk is read-only', ENOSPC: 'the disk is full' }[code ?? ''] ??
    message
  );
}

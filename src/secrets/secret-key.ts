// The secret key: a file outside the database, so that a copy of the database alone decrypts nothing.
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  linkSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { makeFolder, reason } from '../database/embedded/data-folder.ts';
import { StartupError } from '../startup-error.ts';

const keyBytes = 32;

/** Reads `dataDir/secret.key`, which the first start creates; throws a StartupError. */
export function readSecretKey(dataDir: string): Buffer {
  makeFolder(dataDir);
  if (existsSync(join(dataDir, nextName)))
    throw new StartupError(
      'The rotation of secret.key was interrupted. Run "npm run operator -- rotate-secret" again to complete it.',
    );
  return wholeKey(dataDir, 'secret.key');
}

const nextName = 'secret.key.next';

/** The current key and the next one, created now or by an interrupted rotation. */
export function readBothKeys(dataDir: string): { current: Buffer; next: Buffer } {
  makeFolder(dataDir);
  const keys = { current: wholeKey(dataDir, 'secret.key'), next: wholeKey(dataDir, nextName) };
  syncFolder(dataDir); // before anything is encrypted with the next key
  return keys;
}

/** Makes the next key current; secret.key.old keeps the former one for older backups of the database. */
export function switchKeys(dataDir: string): void {
  const file = join(dataDir, 'secret.key');
  const former = join(dataDir, 'secret.key.old');
  rmSync(former, { force: true });
  linkSync(file, former);
  renameSync(join(dataDir, nextName), file);
  syncFolder(dataDir);
}

/** Puts this key in place, such as one from a backup. A different one becomes secret.key.old. */
export function installKey(dataDir: string, key: Buffer): void {
  makeFolder(dataDir);
  const file = join(dataDir, 'secret.key');
  const current = readKey(file);
  if (current?.equals(key)) return;
  const fresh = `${file}.new-${process.pid}-${randomBytes(6).toString('hex')}`;
  writeWhole(fresh, key);
  giveToOwner(fresh, dataDir);
  if (current) renameSync(file, join(dataDir, 'secret.key.old'));
  renameSync(fresh, file);
  syncFolder(dataDir);
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r'); // so that file names survive a power loss
  fsyncSync(descriptor);
  closeSync(descriptor);
}

function wholeKey(dataDir: string, name: string): Buffer {
  const file = join(dataDir, name);
  const key = readKey(file) ?? makeKey(dataDir, file);
  if (key.length !== keyBytes)
    throw new StartupError(
      `${file} is damaged: it has ${key.length} bytes instead of ${keyBytes}. Restore it from a backup. ` +
        'If there is none, remove it: recovery codes are then void, and users of authenticator apps need your help.',
    );
  return key;
}

function readKey(file: string): Buffer | undefined {
  try {
    const key = readFileSync(file);
    closeToOthers(file);
    return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new StartupError(`Cannot read ${file}: ${reason(error)}.`);
  }
}

/** A copy may have lost its mode; access for the group stays. */
function closeToOthers(file: string): void {
  const { mode, uid } = statSync(file);
  const me = process.getuid?.();
  if ((mode & 0o007) !== 0 && (me === 0 || me === uid)) chmodSync(file, mode & 0o750);
}

/** Writes a temporary file and links it: if processes start together, one succeeds and all read its key. */
function makeKey(dataDir: string, file: string): Buffer {
  const fresh = `${file}.new-${process.pid}-${randomBytes(6).toString('hex')}`;
  try {
    writeWhole(fresh, randomBytes(keyBytes));
    giveToOwner(fresh, dataDir);
    linkSync(fresh, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
      throw new StartupError(
        `Cannot write ${file}: ${reason(error)}. Set DATA_DIR to a folder that this user can write to.`,
      );
  } finally {
    rmSync(fresh, { force: true });
  }
  const key = readKey(file);
  if (!key) throw new StartupError(`Cannot read ${file}: it is a dangling link.`);
  return key;
}

function writeWhole(file: string, bytes: Buffer): void {
  const descriptor = openSync(file, 'wx', 0o600);
  try {
    writeSync(descriptor, bytes);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Started as root in a folder of another user, who otherwise starts it and must be able to read the key. */
function giveToOwner(file: string, folder: string): void {
  const { uid, gid } = statSync(folder);
  if (process.getuid?.() === 0 && uid !== 0) chownSync(file, uid, gid);
}

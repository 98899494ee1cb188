// As whom a start as root goes on: a user of the system that no other service runs as.
import { spawnSync } from 'node:child_process';
import { lchownSync, lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Account {
  uid: number;
  gid: number;
}

const name = 'private-messages';
const projectFolder = fileURLToPath(new URL('..', import.meta.url));

/**
 * Whoever owns the data folder or the database in it, where that is an ordinary user: to take it would lock them out.
 * Else the program's own user, made where it is missing. Undefined where that is not possible, and where we are not root.
 * Databases that earlier versions gave to `postgres` or `nobody`, as whom other services run, are taken from these.
 */
export function findProgramUser(dataDir: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const folder = ownerOf(dataDir);
  if (folder) return folder;
  const database = ownerOf(join(dataDir, 'postgres'));
  const shared = ['postgres', 'nobody'].map((each) => findAccount(each)?.uid);
  if (database && !shared.includes(database.uid)) return database;
  return findAccount(name) ?? makeAccount();
}

/** Whether this user can read the program itself and these files, and enter these folders. */
export function canReach(account: Account, ...paths: string[]): boolean {
  const script = 'for path; do test -r "$path" && test -x "$path" || exit 1; done';
  const args = ['-c', script, 'sh', process.execPath, projectFolder, join(projectFolder, 'src'), ...paths];
  return spawnSync('sh', args, { ...account, cwd: '/' }).status === 0;
}

/**
 * Once root's rights are not needed any more, such as for a port below 1024: goes on as the program's user for good, with
 * its number and group alone, and so without any of root's capabilities (capabilities(7)). Returns why it cannot.
 */
export function dropPrivileges(
  dataDir: string,
  canConnect: (account: Account) => boolean,
): string | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const account = findProgramUser(dataDir);
  if (!account) return `there is no user ${name}, and it could not be made`;
  if (!canReach(account, dataDir)) return `no other user can reach both ${projectFolder} and ${dataDir}`;
  if (!canConnect(account)) return 'no other user can connect to the database in DATABASE_URL';
  mkdirSync(join(dataDir, 'uploads'), { recursive: true, mode: 0o700 });
  for (const own of ['uploads', 'secret.key']) giveTo(join(dataDir, own), account);
  process.setgroups!([]);
  process.setgid!(account.gid);
  process.setuid!(account.uid);
  return undefined;
}

/** Gives the folder and all in it to this user, if it is another's; what a link leads to is left alone. */
export function giveTo(path: string, account: Account): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat || stat.uid === account.uid) return;
  if (stat.isDirectory()) for (const entry of readdirSync(path)) giveTo(join(path, entry), account);
  lchownSync(path, account.uid, account.gid); // the folder last: a broken-off run is taken up again
}

export function findAccount(username: string): Account | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${username}:`));
  if (!line) return undefined;
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

/** As Debian, Fedora and others make one (shadow), or Alpine (BusyBox). */
function makeAccount(): Account | undefined {
  const home = ['-d', '/nonexistent', '-s', '/usr/sbin/nologin'];
  spawnSync('useradd', ['--system', '--user-group', '--no-create-home', ...home, name]);
  if (!findAccount(name)) {
    spawnSync('addgroup', ['-S', name]);
    spawnSync('adduser', ['-S', '-D', '-H', '-h', '/nonexistent', '-s', '/sbin/nologin', '-G', name, name]);
  }
  return findAccount(name);
}

function ownerOf(path: string): Account | undefined {
  const { uid, gid } = lstatSync(path, { throwIfNoEntry: false }) ?? { uid: 0, gid: 0 };
  return uid === 0 ? undefined : { uid, gid };
}

// Drops root privileges to a system user that no other service runs as.
import { spawnSync } from 'node:child_process';
import { lchownSync, lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Account {
  uid: number;
  gid: number;
}

export const programUser = 'private-messages';
const projectFolder = fileURLToPath(new URL('..', import.meta.url));

/** The owner of the data folder or its database, unless that is root (taking it over would lock them out); else our own
 * user, created if missing. Undefined if we are not root or creation fails. Databases that earlier versions gave to
 * `postgres` or `nobody` are taken over, because other services run as these users. */
export function findProgramUser(dataDir: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const folder = ownerOf(dataDir);
  if (folder) return folder;
  const database = ownerOf(join(dataDir, 'postgres'));
  const shared = ['postgres', 'nobody'].map((each) => findAccount(each)?.uid);
  if (database && !shared.includes(database.uid)) return database;
  return findAccount(programUser) ?? makeAccount();
}

/** Whether this user can read the program and these files, and enter these folders. */
export function canReach(account: Account, ...paths: string[]): boolean {
  const script = 'for path; do test -r "$path" && test -x "$path" || exit 1; done';
  const args = ['-c', script, 'sh', process.execPath, projectFolder, join(projectFolder, 'src'), ...paths];
  return spawnSync('sh', args, { ...account, cwd: '/' }).status === 0;
}

/** Permanently drops root, once not needed any more (as for a port below 1024); returns why it cannot. */
export function dropPrivileges(
  dataDir: string,
  canConnect: (account: Account) => boolean,
): string | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const account = findProgramUser(dataDir);
  if (!account) return `there is no user ${programUser}, and it could not be created`;
  if (!canReach(account, dataDir)) return `no other user can access both ${projectFolder} and ${dataDir}`;
  if (!canConnect(account)) return 'no other user can connect to the database in DATABASE_URL';
  for (const own of ['uploads', 'rehearsal']) mkdirSync(join(dataDir, own), { recursive: true, mode: 0o700 });
  for (const own of ['uploads', 'rehearsal', 'secret.key']) giveTo(join(dataDir, own), account);
  // With only its uid and gid, the process loses all capabilities of root (capabilities(7)).
  process.setgroups!([]);
  process.setgid!(account.gid);
  process.setuid!(account.uid);
  return undefined;
}

/** Changes the owner recursively; does not follow symbolic links. */
export function giveTo(path: string, account: Account): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat || stat.uid === account.uid) return;
  if (stat.isDirectory()) for (const entry of readdirSync(path)) giveTo(join(path, entry), account);
  lchownSync(path, account.uid, account.gid); // the folder last, so that an interrupted run resumes
}

export function findAccount(username: string): Account | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${username}:`));
  if (!line) return undefined;
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

/** shadow (Debian, Fedora and others), else BusyBox (Alpine). */
function makeAccount(): Account | undefined {
  const home = ['-d', '/nonexistent', '-s', '/usr/sbin/nologin'];
  spawnSync('useradd', ['--system', '--user-group', '--no-create-home', ...home, programUser]);
  if (!findAccount(programUser)) {
    spawnSync('addgroup', ['-S', programUser]);
    spawnSync('adduser', [
      '-S',
      '-D',
      '-H',
      '-h',
      '/nonexistent',
      '-s',
      '/sbin/nologin',
      '-G',
      programUser,
      programUser,
    ]);
  }
  return findAccount(programUser);
}

function ownerOf(path: string): Account | undefined {
  const { uid, gid } = lstatSync(path, { throwIfNoEntry: false }) ?? { uid: 0, gid: 0 };
  return uid === 0 ? undefined : { uid, gid };
}

// As whom the built-in PostgreSQL runs: it refuses to run as root, and must reach its files all the same.
import { spawn, spawnSync, type ChildProcess, type StdioOptions } from 'node:child_process';
import { chownSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartupError } from '../startup-error.ts';

interface Account {
  uid: number;
  gid: number;
}

export interface ServerUser {
  /** Starts a program as this user, in a process group of its own: Ctrl-C in the terminal must not reach it. */
  spawn(program: string, args: string[], stdio: StdioOptions): ChildProcess;
  /** Gives the folder and all in it to this user, if it is another's. */
  own(folder: string): void;
}

/**
 * Ourselves, unless we are root. Then whoever owns the database already, or a user without rights of its own
 * (`postgres`, `nobody`), if that one can reach the files. It cannot below a closed folder such as /root: there the
 * server gets a user namespace in which root's number looks like an ordinary one (user_namespaces(7)). Throws a
 * StartupError when nothing works.
 */
export function chooseServerUser(binaries: string, dataDir: string, database: string): ServerUser {
  if (process.getuid?.() !== 0) return serverUser(undefined, []);

  const powerless = findAccount('postgres') ?? findAccount('nobody');
  const accounts = [findOwner(database), powerless];
  const account = accounts.find((candidate) => candidate && canReach(candidate, binaries, dataDir));
  if (account) return serverUser(account, []);

  // initdb wants a number that /etc/passwd knows.
  const { uid, gid } = powerless ?? { uid: 1000, gid: 1000 };
  const namespace = ['unshare', '--user', `--map-user=${uid}`, `--map-group=${gid}`, '--'];
  if (spawnSync(namespace[0]!, [...namespace.slice(1), 'true']).status === 0)
    return serverUser({ uid: 0, gid: 0 }, namespace);
  throw new StartupError(
    `PostgreSQL does not run as root, and no other user can reach both ${dataDir} and ${binaries}: ` +
      'move the program and its data to a place like /srv, or start as an ordinary user.',
  );
}

function serverUser(account: Account | undefined, prefix: string[]): ServerUser {
  return {
    spawn: (program, args, stdio) => {
      const [first, ...rest] = [...prefix, program, ...args];
      return spawn(first!, rest, { ...account, cwd: '/', detached: true, stdio });
    },
    own: (folder) => {
      if (account) giveTo(folder, account);
    },
  };
}

/** The owner of the database, where that is not root: to start it as somebody else would lock that one out. */
function findOwner(database: string): Account | undefined {
  const { uid, gid } = lstatSync(database, { throwIfNoEntry: false }) ?? { uid: 0, gid: 0 };
  return uid === 0 ? undefined : { uid, gid };
}

function findAccount(name: string): Account | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  if (!line) return undefined;
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

function canReach(account: Account, binaries: string, folder: string): boolean {
  const script = 'test -x "$1" && test -r "$1" && test -x "$2"';
  const args = ['-c', script, 'sh', join(binaries, 'postgres'), folder];
  return spawnSync('sh', args, { ...account, cwd: '/' }).status === 0;
}

function giveTo(path: string, account: Account): void {
  const stat = lstatSync(path);
  if (stat.uid === account.uid) return;
  if (stat.isDirectory()) for (const name of readdirSync(path)) giveTo(join(path, name), account);
  if (!stat.isSymbolicLink()) chownSync(path, account.uid, account.gid); // the folder last: a broken-off run is taken up again
}

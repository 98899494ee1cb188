// As whom the built-in PostgreSQL runs: it refuses to run as root, and must reach its files all the same.
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { chownSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartupError } from '../startup-error.ts';

export interface ServerUser {
  spawnOptions: { uid?: number; gid?: number };
  /** The program and its arguments, as spawn takes them. */
  command(program: string, args: string[]): [string, string[]];
  runSync(program: string, args: string[]): SpawnSyncReturns<string>;
  /** Gives the folder and all in it to this user, if it is another's. */
  own(folder: string): void;
}

/**
 * Ourselves, unless we are root. Then a user without rights of its own (`postgres` or `nobody`), when that one can
 * reach the files. It cannot below a closed folder such as /root: there the server gets a user namespace in which
 * root's number looks like an ordinary one (user_namespaces(7)). Throws a StartupError when neither works.
 */
export function chooseServerUser(binaries: string, dataDir: string): ServerUser {
  if (process.getuid?.() !== 0) return serverUser({}, []);

  const account = findAccount('postgres') ?? findAccount('nobody');
  if (account && canReach(account, join(binaries, 'postgres'), dataDir)) return serverUser(account, []);

  const namespace = ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--'];
  if (spawnSync(namespace[0]!, [...namespace.slice(1), 'true']).status === 0)
    return serverUser({}, namespace);
  throw new StartupError(
    `PostgreSQL does not run as root, and no other user can reach ${dataDir}: move this folder to a place like /srv, or start as an ordinary user.`,
  );
}

function serverUser(account: { uid?: number; gid?: number }, prefix: string[]): ServerUser {
  const command = (program: string, args: string[]): [string, string[]] => {
    const [first, ...rest] = [...prefix, program, ...args];
    return [first!, rest];
  };
  return {
    spawnOptions: account,
    command,
    runSync: (program, args) =>
      spawnSync(...command(program, args), { ...account, cwd: '/', encoding: 'utf8' }),
    own: (folder) => {
      if (process.getuid?.() === 0) giveTo(folder, account.uid ?? 0, account.gid ?? 0);
    },
  };
}

function findAccount(name: string): { uid: number; gid: number } | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  if (!line) return undefined;
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

function canReach(account: { uid: number; gid: number }, program: string, folder: string): boolean {
  const script = 'test -x "$1" && test -r "$1" && test -x "$2"';
  return spawnSync('sh', ['-c', script, 'sh', program, folder], { ...account, cwd: '/' }).status === 0;
}

function giveTo(path: string, uid: number, gid: number): void {
  const stat = lstatSync(path);
  if (stat.uid === uid) return;
  if (stat.isDirectory()) for (const name of readdirSync(path)) giveTo(join(path, name), uid, gid);
  if (!stat.isSymbolicLink()) chownSync(path, uid, gid); // the folder last: a broken-off run is taken up again
}

// As whom the built-in PostgreSQL runs: it refuses to run as root, and must reach its files all the same.
import { spawn, spawnSync, type ChildProcess, type StdioOptions } from 'node:child_process';
import { join } from 'node:path';
import { StartupError } from '../../startup-error.ts';
import { canReach, findAccount, findProgramUser, giveTo, type Account } from '../../system-user.ts';

export interface ServerUser {
  /** Starts a program as this user, in a process group of its own: Ctrl-C in the terminal must not reach it. */
  spawn(program: string, args: string[], stdio: StdioOptions): ChildProcess;
  /** Gives the folder and all in it to this user, if it is another's. */
  own(folder: string): void;
}

/**
 * Ourselves, unless we are root. Then the program's own user (system-user.ts); where there can be none, a user without
 * rights of its own (`postgres`, `nobody`), if that one can reach the files. It cannot below a closed folder such as
 * /root: there the server gets a user namespace in which root's number looks like an ordinary one (user_namespaces(7)).
 * Throws a StartupError when nothing works.
 */
export function chooseServerUser(binaries: string, dataDir: string): ServerUser {
  if (process.getuid?.() !== 0) return serverUser(undefined, []);

  const programs = join(binaries, 'postgres');
  const account = findProgramUser(dataDir) ?? findAccount('postgres') ?? findAccount('nobody');
  if (account && canReach(account, programs, dataDir)) return serverUser(account, []);

  // initdb wants a number that /etc/passwd knows.
  const { uid, gid } = account ?? { uid: 1000, gid: 1000 };
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

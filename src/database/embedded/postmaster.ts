// Starts, finds and stops the postmaster, the main process of PostgreSQL.
import { readFileSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from './data-folder.ts';
import type { ServerUser } from './server-user.ts';

export interface Server {
  binaries: string;
  folder: string;
  user: ServerUser;
}

// No network port, and no user data in the log (no statements, no row contents in errors).
const settings = {
  listen_addresses: '',
  port: '5432', // part of the socket's name; the default is PGPORT
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

export interface Attempt {
  failure: string | undefined; // the error of PostgreSQL, once it has exited
}

export function startPostmaster({ binaries, folder, user }: Server): Attempt {
  for (const lock of ['postmaster.pid', '.s.PGSQL.5432.lock']) removeStaleLock(folder, lock);
  user.own(folder);
  const options = Object.entries({ ...settings, unix_socket_directories: folder });
  const args = ['-D', folder, ...options.flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  const child = user.spawn(join(binaries, 'postgres'), args, ['ignore', 'ignore', 'pipe']);
  const attempt: Attempt = { failure: undefined };
  let words = '';
  child.stderr!.on('data', (data: Buffer) => (words += String(data)));
  child.on('close', () => (attempt.failure = explain(words, folder)));
  child.on('error', (error) => (attempt.failure = error.message));
  child.unref();
  (child.stderr as Socket).unref();
  return attempt;
}

function explain(words: string, folder: string): string {
  const isLogging = words.includes('redirecting log output');
  return findFailure(words) ?? (isLogging ? lastLogged(folder) : undefined) ?? words.trim();
}

/** Skips the FATAL lines for clients that connected meanwhile. */
function findFailure(words: string): string | undefined {
  return words
    .split('\n')
    .findLast((line) => /FATAL|PANIC|error while loading/.test(line) && !/the database system is/.test(line));
}

function lastLogged(folder: string): string | undefined {
  try {
    const [, log] = readFileSync(join(folder, 'current_logfiles'), 'utf8').trim().split(' ');
    return findFailure(readFileSync(join(folder, log!), 'utf8'));
  } catch {
    return undefined;
  }
}

export function findPostmaster(folder: string): number | undefined {
  const pid = readLock(folder);
  return pid && isAlive(pid) && isServing(pid, folder) ? pid : undefined;
}

function readLock(folder: string, lock = 'postmaster.pid'): number | undefined {
  try {
    return Number.parseInt(readFileSync(join(folder, lock), 'utf8'), 10) || undefined;
  } catch {
    return undefined;
  }
}

/** After a reboot, another program may have this process id. */
function isServing(pid: number, folder: string): boolean {
  if (process.platform !== 'linux') return true;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(folder);
  } catch {
    return false;
  }
}

// PostgreSQL trusts a lock file if any process of its user has the id in it, and would never start again; a copy of a
// running folder contains the lock of the socket too. If a server does run, its shared memory keeps a second one out.
function removeStaleLock(folder: string, lock: string): void {
  const pid = readLock(folder, lock);
  if (pid && isAlive(pid) && !isServing(pid, folder)) rmSync(join(folder, lock));
}

/** Fast shutdown (SIGINT): ends connections, writes everything, exits. Waits at most 3 s for it. */
export async function stopPostmaster(folder: string): Promise<void> {
  const pid = findPostmaster(folder);
  if (!pid) return;
  process.kill(pid, 'SIGINT');
  const deadline = Date.now() + 3000;
  while (isAlive(pid) && isServing(pid, folder) && Date.now() < deadline) await sleep(20);
}

// A real PgBouncer in front of the test PostgreSQL.
import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from './program.ts';
import { pathOf } from './required.ts';

export interface PgBouncer {
  /** The address of the same database through PgBouncer. */
  url: string;
  close(): Promise<void>;
}

/**
 * Starts PgBouncer in front of this database, in this mode; `settings` are more lines of its configuration, and the files
 * that others name are copied to where it can read them.
 */
export async function startPgBouncer(
  databaseUrl: string,
  mode: 'session' | 'transaction' | 'statement',
  settings: Record<string, string> = {},
  files: Record<string, string> = {},
): Promise<PgBouncer> {
  const { database, host, user } = new pg.Client({ connectionString: databaseUrl });
  const folder = mkdtempSync(join(tmpdir(), 'pm-pgbouncer-'));
  chmodSync(folder, 0o755);
  const port = await freePort();
  const lines = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'any',
    pool_mode: mode,
    ...settings,
    ...Object.fromEntries(Object.keys(files).map((name) => [name, join(folder, name)])),
  };
  for (const [name, path] of Object.entries(files)) copyFileSync(path, join(folder, name));
  const file = join(folder, 'pgbouncer.ini');
  const configuration = Object.entries(lines).map(([name, value]) => `${name} = ${value}`);
  const route = `${database} = host=${host} port=5432 user=${user}`;
  writeFileSync(file, ['[databases]', route, '[pgbouncer]', ...configuration, ''].join('\n'));
  const child = spawn(...asUser(host, [pathOf('pgbouncer')!, file]), { stdio: ['ignore', 'ignore', 'pipe'] });
  let words = '';
  child.stderr.on('data', (data: Buffer) => (words += String(data)));
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const close = async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const url = `postgres://${user}@127.0.0.1:${port}/${database}`;
  const deadline = Date.now() + 10_000;
  const sslMode = settings.client_tls_sslmode ? 'no-verify' : 'disable';
  while (!(await answers(url, sslMode))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await close();
      throw new Error(`PgBouncer does not start: ${words}`);
    }
    await sleep(50);
  }
  return { url, close };
}

/** Like PostgreSQL it refuses to run as root, and must be the same user to reach its socket (server-user.ts). */
function asUser(socketFolder: string, command: string[]): [string, string[]] {
  const { uid, gid } = statSync(socketFolder);
  if (process.getuid?.() !== 0) return [command[0]!, command.slice(1)];
  if (uid !== 0) return ['setpriv', [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...command]];
  return ['unshare', ['--user', '--map-user=65534', '--map-group=65534', '--', ...command]];
}

async function answers(url: string, mode: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: `${url}?sslmode=${mode}` });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

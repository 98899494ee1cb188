// Checks that an external PostgreSQL meets the requirements.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { StartupError } from '../startup-error.ts';
import type { Pool } from './pool.ts';

const oldest = 15; // the tests run on 18
const patienceMs = 3000;

/** Throws a StartupError that names the missing requirement. */
export async function checkServer(pool: Pool): Promise<void> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const discard = (error: Error) => (broken = error); // without a listener, a lost connection ends the process
  client.on('error', discard);
  try {
    await checkDatabase(client);
    if (!(await isDirect(client)) && !(await keepsSession(pool, client))) throw new StartupError(pooled);
  } catch (error) {
    broken = error as Error;
    throw error;
  } finally {
    client.off('error', discard);
    client.release(broken);
  }
}

async function checkDatabase(client: pg.PoolClient): Promise<void> {
  const { rows } = await client.query<{ version: string; encoding: string }>(
    `select current_setting('server_version') as version, current_setting('server_encoding') as encoding`,
  );
  const { version, encoding } = rows[0]!;
  if (Number.parseInt(version, 10) < oldest) {
    throw new StartupError(
      `DATABASE_URL points to PostgreSQL ${version.split(' ')[0]}; ${oldest} or later is required.`,
    );
  }
  if (encoding !== 'UTF8') {
    throw new StartupError(
      `The database in DATABASE_URL has the encoding ${encoding}, but UTF8 is required: create another one with ` +
        `"create database NAME encoding 'UTF8' locale 'C.UTF-8' template template0", and point DATABASE_URL to it.`,
    );
  }
}

/** A pooler reports a made-up process id when a connection starts. */
async function isDirect(client: pg.PoolClient): Promise<boolean> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]!.pid === (client as pg.PoolClient & { processID: number }).processID;
}

const pooled =
  'DATABASE_URL points to PgBouncer, or another pooler, in transaction mode: this program needs session state ' +
  '(LISTEN, settings, prepared statements). Use the direct address of PostgreSQL, or one in session mode ' +
  '(pool_mode=session).';

async function keepsSession(pool: Pool, client: pg.PoolClient): Promise<boolean> {
  const channel = `probe_${randomUUID().replaceAll('-', '')}`;
  const heard = new Promise<boolean>((resolve) => client.once('notification', () => resolve(true)));
  await client.query(`listen ${channel}`);
  await pool.query(`notify ${channel}`);
  const isHeard = await Promise.race([heard, sleep(patienceMs, false)]);
  await client.query(`unlisten ${channel}`);
  return isHeard;
}

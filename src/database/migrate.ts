// Brings the schema up to date at start: every file of migrations/ once, in order, whoever else starts meanwhile.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { StartupError } from '../startup-error.ts';
import { isDatabaseAway, type Database, type Pool } from './pool.ts';

interface Migration {
  name: string;
  sql: string;
  sha256: string;
}

const folder = new URL('../../migrations/', import.meta.url);

/** All migrations in order; throws a StartupError when their numbers have a gap or a double. */
export function readMigrations(from: URL = folder): Migration[] {
  const names = readdirSync(from)
    .filter((name) => name.endsWith('.sql'))
    .toSorted();
  return names.map((name, index) => {
    const number = String(index + 1).padStart(4, '0');
    if (!name.startsWith(`${number}_`)) {
      throw new StartupError(`Migration ${number} is missing: the next file in migrations/ is ${name}.`);
    }
    const sql = readFileSync(new URL(name, from), 'utf8');
    return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') };
  });
}

/** Applies what is new. Throws a StartupError when an applied file was edited or is gone, or a new one fails. */
export async function migrate(pool: Pool, migrations: Migration[] = readMigrations()): Promise<void> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // The pool listens only to clients that are idle; unheard, the loss of this one would end the process.
  client.on('error', (error) => (broken = error));
  try {
    for (const migration of [undefined, ...migrations]) await apply(client, migration, migrations);
  } catch (error) {
    broken = error as Error;
    throw error;
  } finally {
    client.release(broken ?? true);
  }
}

/** One file in one transaction, under a lock that ends with it, so that it is safe behind PgBouncer as well. */
async function apply(client: pg.PoolClient, next: Migration | undefined, all: Migration[]): Promise<void> {
  // A migration may take longer than a page. Committed reads: who waited must see what the other one did.
  await client.query('begin isolation level read committed');
  await client.query(`set local statement_timeout = 0; set local lock_timeout = '30s'`);
  await takeTurn(client);
  if (next) await applyOnce(client, next, all);
  else {
    await client.query(`create table if not exists schema_migrations (
      name text primary key, sha256 text not null, applied_at timestamptz not null default now())`);
  }
  await client.query(unhurried('commit'));
}

async function applyOnce(client: pg.PoolClient, next: Migration, all: Migration[]): Promise<void> {
  const applied = await listApplied(client);
  checkHistory(applied, all);
  if (applied.has(next.name)) return;
  await client.query(unhurried(next.sql)).catch((error: Error) => {
    if (isDatabaseAway(error)) throw error;
    throw new StartupError(`Migration ${next.name} failed and was undone: ${error.message}`);
  });
  await client.query('insert into schema_migrations (name, sha256) values ($1, $2)', [
    next.name,
    next.sha256,
  ]);
}

/** Without the pool's limit for an answer. */
function unhurried(text: string): pg.QueryConfig {
  return { text, query_timeout: 24 * 3_600_000 } as pg.QueryConfig; // pg knows it, its types do not
}

/**
 * Polls for the lock, for as long as it takes: one that waits inside PostgreSQL would hold up CREATE INDEX
 * CONCURRENTLY for ever.
 */
async function takeTurn(db: Database): Promise<void> {
  const tellAt = Date.now() + 3000;
  let isTold = false;
  for (;;) {
    const { rows } = await db.query(
      `select pg_try_advisory_xact_lock(hashtext('private-messages migrations')) as mine`,
    );
    if (rows[0].mine) return;
    if (!isTold && Date.now() > tellAt) {
      console.error('private-messages: waiting for another process that is changing the database schema.');
      isTold = true;
    }
    await sleep(50);
  }
}

async function listApplied(db: Database): Promise<Map<string, string>> {
  const { rows } = await db.query<{ name: string; sha256: string }>(
    'select name, sha256 from schema_migrations',
  );
  return new Map(rows.map((row) => [row.name, row.sha256]));
}

function checkHistory(applied: Map<string, string>, all: Migration[]): void {
  const known = new Map(all.map((migration) => [migration.name, migration.sha256]));
  for (const [name, sha256] of applied) {
    if (!known.has(name)) {
      throw new StartupError(
        `The database has migration ${name}, which this version lacks: use the version that wrote it or a later one.`,
      );
    }
    if (known.get(name) !== sha256) {
      throw new StartupError(
        `Migration ${name} was edited after it ran: restore the file, and add a new one for the change.`,
      );
    }
  }
}

/** Whether the database answers and has every migration that this version brings. */
export async function isMigrated(db: Database, latest: string): Promise<boolean> {
  const { rows } = await db.query('select 1 from schema_migrations where name = $1', [latest]);
  return rows.length === 1;
}

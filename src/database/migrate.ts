// Brings the schema up to date at start: every file of migrations/ once, in order, whoever else starts meanwhile.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { StartupError } from '../startup-error.ts';
import type { Database, Pool } from './pool.ts';

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

/** Applies what is new. Throws a StartupError when an applied file was edited or is gone. */
export async function migrate(pool: Pool, migrations: Migration[] = readMigrations()): Promise<void> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    // A migration may take longer than a page.
    await client.query(`set statement_timeout = 0; set lock_timeout = '30s'`);
    for (const migration of [undefined, ...migrations]) await apply(client, migration, migrations);
  } catch (error) {
    broken = error as Error;
    throw error;
  } finally {
    client.release(broken ?? true); // never back into the pool: its limits were changed
  }
}

/** One file in one transaction, under a lock that ends with it, so that it is safe behind PgBouncer as well. */
async function apply(client: pg.PoolClient, next: Migration | undefined, all: Migration[]): Promise<void> {
  await client.query('begin');
  await takeTurn(client);
  if (next) {
    const applied = await listApplied(client);
    checkHistory(applied, all);
    if (!applied.has(next.name)) {
      await client.query({ text: next.sql, query_timeout: 3_600_000 } as pg.QueryConfig);
      await client.query('insert into schema_migrations (name, sha256) values ($1, $2)', [
        next.name,
        next.sha256,
      ]);
    }
  } else {
    await client.query(`create table if not exists schema_migrations (
      name text primary key, sha256 text not null, applied_at timestamptz not null default now())`);
  }
  await client.query('commit');
}

/** Polls for the lock: one that waits inside PostgreSQL would hold up CREATE INDEX CONCURRENTLY for ever. */
async function takeTurn(db: Database): Promise<void> {
  for (;;) {
    const { rows } = await db.query(
      `select pg_try_advisory_xact_lock(hashtext('private-messages migrations')) as mine`,
    );
    if (rows[0].mine) return;
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

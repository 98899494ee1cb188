// Applies the migrations at start: each file once, in order, all or none, safe with concurrent starts.
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { StartupError } from '../startup-error.ts';
import { tryLock } from './locks.ts';
import { readEarlier, readMigrations, splitStatements, type Migration } from './migration-files.ts';
import { withProgress, type Tell } from './migration-progress.ts';
import { isDatabaseAway, withQueryTimeout, type Database, type Pool } from './pool.ts';
import { lacks } from './refusals.ts';

/** All new ones in one transaction: a version whose migration fails leaves the database to the one before. Throws a
 * StartupError when an applied file was edited or is missing, or a new one fails. */
export async function migrate(
  pool: Pool,
  migrations: Migration[] = readMigrations(),
  tell: Tell = console.error,
): Promise<void> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // The pool listens to idle clients only; without a listener, a lost connection ends the process.
  client.on('error', (error) => (broken = error));
  try {
    await applyAll({ pool, client, all: migrations, tell });
  } catch (error) {
    broken = error as Error;
    throw error;
  } finally {
    client.release(broken ?? true);
  }
}

/** Runs them in a transaction of the caller's. */
export async function runMigrations(client: pg.Client, migrations: Migration[]): Promise<void> {
  for (const { name, sql, sha256 } of migrations) {
    for (const statement of splitStatements(sql)) await client.query(statement);
    await client.query('insert into schema_migrations (name, sha256) values ($1, $2)', [name, sha256]);
  }
}

interface Run {
  pool: Pool;
  client: pg.PoolClient;
  all: Migration[];
  tell: Tell;
}

async function applyAll(run: Run): Promise<void> {
  const { client, all } = run;
  // A migration may take longer than a page. Read committed, to see what the previous holder of the lock applied.
  await client.query('begin isolation level read committed');
  await client.query(`set local statement_timeout = 0; set local lock_timeout = '30s'`);
  await takeTurn(run);
  await client.query(`create table if not exists schema_migrations (
    name text primary key, sha256 text not null, applied_at timestamptz not null default now())`);
  await replaceEarlier(run);
  const applied = await listApplied(client);
  checkHistory(applied, all);
  for (const { name, sql, sha256 } of all.filter((each) => !applied.has(each.name))) {
    await execute(run, name, sql);
    await client.query('insert into schema_migrations (name, sha256) values ($1, $2)', [name, sha256]);
  }
  await client.query(withQueryTimeout({ text: 'commit' }));
}

/** Converts the result of an earlier version of a migration to the current one, or undoes it so that it runs again. */
async function replaceEarlier(run: Run): Promise<void> {
  const { client, all } = run;
  const present = new Map(all.map((migration) => [migration.name, migration.sha256]));
  for (const [name, sha256] of await listApplied(client)) {
    if (present.get(name) === sha256) continue;
    const sql = readEarlier(sha256);
    if (sql === undefined) continue; // reported by checkHistory
    await execute(run, `${name}, an earlier one`, sql);
    await client.query('update schema_migrations set sha256 = $1 where name = $2 and sha256 = $3', [
      present.get(name),
      name,
      sha256,
    ]);
  }
}

async function execute({ pool, client, all, tell }: Run, title: string, sql: string): Promise<void> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  // One at a time: PostgreSQL spread over machines takes no several changes of a schema in one query.
  const work = async () => {
    for (const text of splitStatements(sql)) await client.query(withQueryTimeout({ text }));
  };
  const progressTitle = `${title} of ${all.length}`;
  await withProgress({ pool, client, pid: rows[0]!.pid }, progressTitle, tell, work).catch((error: Error) => {
    if (isDatabaseAway(error) || lacks(error)) throw error;
    throw new StartupError(`Migration ${title} failed and was rolled back: ${error.message}`, {
      cause: error,
    });
  });
}

/** Polls without a limit: waiting inside PostgreSQL would block CREATE INDEX CONCURRENTLY permanently. */
async function takeTurn({ client, tell }: Run): Promise<void> {
  const tellAt = Date.now() + 3000;
  let isTold = false;
  for (;;) {
    if (await tryLock(client, 'migrations')) return;
    if (!isTold && Date.now() > tellAt) {
      tell('private-messages: waiting for another process that is migrating the database.');
      isTold = true;
    }
    await sleep(50);
  }
}

async function listApplied(db: Database): Promise<Map<string, string>> {
  const { rows } = await db.query<{ name: string; sha256: string }>(
    'select name, sha256 from schema_migrations order by name collate "C"',
  );
  return new Map(rows.map((row) => [row.name, row.sha256]));
}

function checkHistory(applied: Map<string, string>, all: Migration[]): void {
  const known = new Map(all.map((migration) => [migration.name, migration.sha256]));
  for (const [name, sha256] of applied) {
    if (!known.has(name)) {
      throw new StartupError(
        `The database has migration ${name}, which this version lacks: use the version that added it, or a later one.`,
      );
    }
    if (known.get(name) !== sha256) {
      throw new StartupError(
        `Migration ${name} was edited after it ran: restore the file, and put the change into a new one.`,
      );
    }
  }
}

export async function isMigrated(db: Database, latest: string): Promise<boolean> {
  const { rows } = await db.query('select 1 from schema_migrations where name = $1', [latest]);
  return rows.length === 1;
}

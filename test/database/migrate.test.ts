// Migrations: each runs once, in order, atomically, with concurrent starts.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { isMigrated, migrate } from '../../src/database/migrate.ts';
import { readMigrations } from '../../src/database/migration-files.ts';
import { createPool, type Pool } from '../../src/database/pool.ts';
import { StartupError } from '../../src/startup-error.ts';
import { createDatabase } from '../support/database.ts';

let databaseUrl: string;
let pool: Pool;
beforeEach(async () => {
  databaseUrl = await createDatabase('template0');
  pool = openPool();
});

function openPool(): Pool {
  const opened = createPool(databaseUrl, () => {});
  onTestFinished(() => opened.end());
  return opened;
}

function migration(name: string, sql: string) {
  return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') };
}

const letters = migration('0001_letters.sql', 'create table letters (id int)');
const stamps = migration('0002_stamps.sql', 'create table stamps (id int); insert into stamps values (1)');

async function applied(): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>('select name from schema_migrations order by name');
  return rows.map(({ name }) => name);
}

async function tables(): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'public' order by 1`,
  );
  return rows.map(({ name }) => name);
}

test('each runs once, and a later start runs only new ones', async () => {
  await migrate(pool, [letters]);
  expect(await isMigrated(pool, stamps.name)).toBe(false);
  await migrate(pool, [letters, stamps]);
  await migrate(pool, [letters, stamps]);
  expect(await applied()).toEqual([letters.name, stamps.name]);
  expect((await pool.query('select from stamps')).rowCount).toBe(1);
  expect(await isMigrated(pool, stamps.name)).toBe(true);
});

test('six concurrent starts apply each once, even with repeatable read as the default', async () => {
  const { rows } = await pool.query<{ name: string }>('select current_database() as name');
  await pool.query(`alter database ${rows[0]!.name} set default_transaction_isolation = 'repeatable read'`);
  const slow = migration('0001_letters.sql', 'create table letters (id int); select pg_sleep(0.2)');
  await Promise.all(Array.from({ length: 6 }, () => migrate(openPool(), [slow, stamps])));
  expect(await applied()).toEqual([slow.name, stamps.name]);
  expect((await pool.query('select from stamps')).rowCount).toBe(1);
});

test('a migration edited after it ran stops the start', async () => {
  await migrate(pool, [letters]);
  const edited = migration(letters.name, 'create table letters (id bigint)');
  await expect(migrate(pool, [edited])).rejects.toThrow(
    /^Migration 0001_letters.sql was edited after it ran/,
  );
  await expect(migrate(pool, [edited])).rejects.toBeInstanceOf(StartupError);
});

test('a database ahead of this version stops the start', async () => {
  await migrate(pool, [letters, stamps]);
  await expect(migrate(pool, [letters])).rejects.toThrow(
    /^The database has migration 0002_stamps.sql, which this version lacks/,
  );
});

test('a failing one is named, and all new ones are rolled back: the version before starts again', async () => {
  await migrate(pool, [letters]);
  const half = migration('0003_half.sql', 'create table half (id int); select 1 / 0');
  const later = migration('0004_later.sql', 'create table later (id int)');
  const failing = migrate(pool, [letters, stamps, half, later]);
  await expect(failing).rejects.toThrow(
    'Migration 0003_half.sql failed and was rolled back: division by zero',
  );
  await expect(failing).rejects.toBeInstanceOf(StartupError);
  expect(await applied()).toEqual([letters.name]);
  expect(await tables()).toEqual(['letters', 'schema_migrations']);

  await migrate(pool, [letters]);
  await migrate(pool, [letters, stamps, migration('0003_half.sql', 'create table half (id int)'), later]);
  expect(await tables()).toEqual(['half', 'later', 'letters', 'schema_migrations', 'stamps']);
});

test('one may take longer than a request, and so may the wait for it', async () => {
  const long = migration('0001_long.sql', 'select pg_sleep(2.6); create table long (id int)');
  const [first] = [migrate(pool, [long]), await sleep(100)];
  await Promise.all([first, migrate(openPool(), [long])]);
  expect(await applied()).toEqual([long.name]);
});

test('the statement limits of requests apply again afterwards, and no connection is lost', async () => {
  await migrate(pool, [letters]);
  const { rows } = await pool.query('show statement_timeout');
  expect(rows).toEqual([{ statement_timeout: '2s' }]);
  expect(pool.totalCount - pool.idleCount).toBe(0);
  expect(pool.waitingCount).toBe(0);
});

test('a connection lost while waiting is an error and does not end the process', async () => {
  const holder = new pg.Client({ connectionString: databaseUrl });
  await holder.connect();
  await holder.query(`begin; select pg_advisory_xact_lock(hashtext('private-messages migrations'))`);
  const waiting = migrate(openPool(), [letters]);
  const outcome = expect(waiting).rejects.toThrow(/terminat|connection error/i);
  const tries = async () =>
    (
      await pool.query(
        `select from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()
           and query like '%pg_try_advisory%'`,
      )
    ).rowCount;
  await expect.poll(tries).toBe(1);
  await holder.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where pid <> pg_backend_pid() and datname = current_database() and xact_start is not null`,
  );
  await outcome;
  await holder.end();
  await migrate(pool, [letters]);
});

test('the files are numbered without gaps or duplicates', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pm-migrations-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const from = pathToFileURL(`${folder}/`);
  for (const name of ['0001_a.sql', '0002_b.sql', 'notes.md']) writeFileSync(join(folder, name), 'select 1');
  expect(readMigrations(from).map(({ name }) => name)).toEqual(['0001_a.sql', '0002_b.sql']);

  writeFileSync(join(folder, '0004_d.sql'), 'select 1');
  expect(() => readMigrations(from)).toThrow(
    'Migration 0003 is missing: the next file in migrations/ is 0004',
  );
  rmSync(join(folder, '0004_d.sql'));
  writeFileSync(join(folder, '0002_c.sql'), 'select 1');
  expect(() => readMigrations(from)).toThrow('0002_c.sql');
});

describe('one that takes longer than a second', () => {
  /** Applies this migration behind a first one; returns the lines for the operator. */
  async function told(sql: string): Promise<string[]> {
    const lines: string[] = [];
    await migrate(pool, [letters, migration('0002_long.sql', sql)], (line) => lines.push(line));
    return lines;
  }

  test('reports its name, its duration, and its end', async () => {
    expect(await told('select pg_sleep(1.5)')).toEqual([
      'private-messages: migrating the database: 0002_long.sql of 2: 1 s so far.',
      'private-messages: migrating the database: 0002_long.sql of 2: done after 2 s.',
    ]);
    expect(await told('select pg_sleep(1.5)')).toEqual([]);
  });

  test('reports the progress of an index', async () => {
    await pool.query('create table stamps (id int, words text)');
    await pool.query('insert into stamps select n, n::text from generate_series(1, 3000) n');
    const slow = `create function slow(words text) returns text language plpgsql immutable as
      $$ begin perform pg_sleep(0.0005); return words; end $$;
      create index stamps_words on stamps (slow(words));`;
    expect((await told(slow))[0]).toMatch(
      /0002_long\.sql of 2: building an index on stamps, \d+ %, 1 s so far\.$/,
    );
  });

  test('passes on its own notices', async () => {
    const speaking = `do $$ begin raise info 'message 10 of 20'; perform pg_sleep(1.2); end $$`;
    expect((await told(speaking))[0]).toContain('0002_long.sql of 2: message 10 of 20, 1 s so far.');
  });

  test('no progress is reported after a failure', async () => {
    const lines: string[] = [];
    const failing = [migration('0001_fails.sql', 'select pg_sleep(0.9); select 1 / 0')];
    await expect(migrate(pool, failing, (line) => lines.push(line))).rejects.toThrow('division by zero');
    await sleep(300);
    expect(lines).toEqual([]);
  });
});

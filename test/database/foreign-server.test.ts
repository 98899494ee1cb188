// An external PostgreSQL: its defaults have no effect, and missing requirements are named.
import pg from 'pg';
import { beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/database/open.ts';
import { createPool, type Pool } from '../../src/database/pool.ts';
import { startApp } from '../support/app.ts';
import { addressOf, createDatabase } from '../support/database.ts';
import { registered } from '../support/person.ts';
import { refusalOf } from '../support/refused.ts';

let count = 0;

/** Runs statements as the owner of the server. */
async function administer(database: string, ...statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: addressOf(inject('postgres'), database) });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

/** A new database with these options of CREATE DATABASE, its owner, and its address for that role. */
async function foreignDatabase(options = '', { owns = true } = {}) {
  const [database, role] = [`foreign_${process.pid}_${++count}`, `stranger_${process.pid}_${count}`];
  await administer(
    'postgres',
    `create role ${role} login`,
    `create database ${database} template template0 ${options} ${owns ? `owner ${role}` : ''}`,
  );
  const url = addressOf(inject('postgres').replace('owner@', `${role}@`), database);
  return { database, role, url };
}

async function opened(url: string) {
  const database = await openDatabase({ databaseUrl: url, dataDir: '/nowhere' }, () => {});
  onTestFinished(() => database.close());
  return database.pool;
}

describe('settings of a role, a database or the address have no effect', () => {
  const settings: Record<string, string> = {
    DateStyle: 'German, DMY',
    IntervalStyle: 'iso_8601',
    TimeZone: 'Asia/Kathmandu',
    search_path: 'nowhere',
    standard_conforming_strings: 'off',
    extra_float_digits: '-15',
    bytea_output: 'escape',
    array_nulls: 'off',
    transform_null_equals: 'on',
    gin_fuzzy_search_limit: '1',
    default_transaction_isolation: 'serializable',
    default_transaction_deferrable: 'on',
    default_text_search_config: 'german',
    statement_timeout: '1500ms',
    lock_timeout: '50ms',
    idle_session_timeout: '500ms',
    transaction_timeout: '1500ms',
    client_encoding: 'LATIN1',
    exit_on_error: 'on',
    idle_in_transaction_session_timeout: '900ms',
    enable_seqscan: 'on',
    jit: 'on',
    plan_cache_mode: 'force_custom_plan',
    quote_all_identifiers: 'on',
  };
  const shown = `select timestamptz '2026-11-27 10:00:00.123456+01' as at, interval '1 day 02:00' as span,
    1.1::float8 + 2.2 as sum, '\\x00ff'::bytea as bytes, 'back\\slash' as text, null = null as nothing,
    '{null}'::text[] as list, 'é€😀' as letters, '2026-02-01'::date::text as day, now() - now() as none`;
  // What a message looks like does not tell, such as how many matches a search may leave out: the settings themselves.
  const inForce = async (pool: Pool) => {
    const names = Object.keys(settings).filter((name) => !ofNoImportance.has(name));
    const asked = names.map((name) => [name, `current_setting('${name}', true)`] as const);
    return (await pool.query(`select ${asked.map(([name, sql]) => `${sql} as "${name}"`).join(', ')}`)).rows;
  };
  const ofNoImportance = new Set(['default_text_search_config', 'quote_all_identifiers', 'search_path']);
  let expected: unknown;
  let expectedSettings: unknown;
  beforeAll(async () => {
    const pool = createPool(await createDatabase(), () => {});
    expected = (await pool.query(shown)).rows;
    expectedSettings = await inForce(pool);
    await pool.end();
  });

  const everything = (of: string) =>
    Object.entries(settings).map(([name, value]) => `alter ${of} set ${name} = '${value}'`);

  test.each([
    ['a role', ({ role }: { role: string; database: string }) => everything(`role ${role}`)],
    ['a database', ({ database }: { role: string; database: string }) => everything(`database ${database}`)],
  ])('of %s', async (_name, statements) => {
    const foreign = await foreignDatabase();
    await administer('postgres', ...statements(foreign));
    await checkAll(foreign.url);
  });

  test('of the address', async () => {
    const { url } = await foreignDatabase();
    const options = Object.entries(settings)
      .filter(([name]) => name !== 'client_encoding') // what the address says of it, pg takes itself
      .map(([name, value]) => `-c ${name}=${value.replaceAll(' ', String.raw`\ `)}`);
    await checkAll(`${url}&options=${encodeURIComponent(options.join(' '))}&statement_timeout=1500`);
  });

  async function checkAll(url: string): Promise<void> {
    const pool = await opened(url);
    expect((await pool.query(shown)).rows).toEqual(expected);
    expect(await inForce(pool)).toEqual(expectedSettings);
    expect(expectedSettings).toMatchObject([{ enable_seqscan: 'off', jit: 'off' }]); // not what PostgreSQL says by default
    expect((await pool.query('show statement_timeout')).rows).toEqual([{ statement_timeout: '2s' }]);
    expect((await pool.query('show transaction_isolation')).rows).toEqual([
      { transaction_isolation: 'read committed' },
    ]);
    expect((await pool.query('select from public.schema_migrations')).rowCount).toBeGreaterThan(0);
    const app = await startApp({}, url);
    onTestFinished(() => app.close());
    const [alice, bob] = [await registered(app.url, 'alice'), await registered(app.url, 'bobby')];
    for (const text of ['back\\slash one', 'back\\slash two', 'it’s ’three’ €😀'])
      expect((await alice.send('bobby', text)).status).toBe(303);
    const inbox = await bob.get('/inbox');
    expect(inbox.text).toContain('back\\slash one');
    const time = inbox.$('time').first().attr('datetime')!;
    expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(60_000);
    expect((await bob.get('/search?q=slash')).$('.messages li')).toHaveLength(2);
  }
});

describe('the schema', () => {
  test('is where the role’s search_path pointed at the first start, even if that changes', async () => {
    const { role, database, url } = await foreignDatabase();
    await administer(
      database,
      `create schema letters authorization ${role}`,
      `create schema other authorization ${role}`,
    );
    await administer(database, `alter role ${role} set search_path = letters`);
    const first = await openDatabase({ databaseUrl: url, dataDir: '/nowhere' }, () => {});
    expect((await first.pool.query('select from letters.users')).rowCount).toBe(0);
    await first.close();

    for (const path of ['other', 'public', '"$user", public', 'pg_catalog', 'other, letters']) {
      await administer(database, `alter role ${role} set search_path = ${path}`);
      const pool = await opened(url);
      const { rows } = await pool.query(`select 'users'::regclass = 'letters.users'::regclass as same`);
      expect(rows, path).toEqual([{ same: true }]);
    }
  });

  test('is not mistaken for another program’s with a table of the same name', async () => {
    const { role, database, url } = await foreignDatabase();
    await administer(
      database,
      `create schema rails authorization ${role}`,
      'create table rails.schema_migrations (version text)',
    );
    await administer(database, `alter role ${role} set search_path = rails, public`);
    await administer(database, `alter table rails.schema_migrations owner to ${role}`);
    expect(await refusalOf(url)).toMatch(/^The database could not be prepared: /);
  });

  test('finds extensions in a schema of their own', async () => {
    const { role, database, url } = await foreignDatabase();
    await administer(
      database,
      'create schema extensions',
      `grant usage on schema extensions to ${role}`,
      'create extension unaccent schema extensions',
      'create extension btree_gin schema extensions',
    );
    await opened(url);
    const app = await startApp({}, url);
    onTestFinished(() => app.close());
    const [alice, bob] = [await registered(app.url, 'alice'), await registered(app.url, 'bobby')];
    await alice.send('bobby', 'Crème brûlée');
    expect((await bob.get('/search?q=creme')).$('.messages li')).toHaveLength(1);
  });
});

describe('a missing requirement is named', () => {
  test.each([
    ['LATIN1', `encoding LATIN1 locale_provider libc locale 'C'`],
    ['SQL_ASCII', `encoding SQL_ASCII locale_provider libc locale 'C'`],
    ['LATIN9', `encoding LATIN9 locale_provider libc locale 'C'`],
    ['EUC_JP', `encoding EUC_JP locale_provider libc locale 'C'`],
    ['WIN1252', `encoding WIN1252 locale_provider libc locale 'C'`],
  ])('a database in %s', async (encoding, options) => {
    const { url, database } = await foreignDatabase(options);
    const line = await refusalOf(url);
    expect(line).toContain(`has the encoding ${encoding}, but UTF8 is required: `);
    expect(line).toContain(`create database NAME encoding 'UTF8'`);
    expect(line).not.toContain(database);
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    expect((await client.query(`select from pg_tables where schemaname = 'public'`)).rowCount).toBe(0);
    await client.end();
  });

  test('the right to create tables', async () => {
    const { url, database, role } = await foreignDatabase('', { owns: false });
    const line = await refusalOf(url);
    expect(line).toMatch(
      /^The user in DATABASE_URL lacks a privilege: permission denied for schema public\. Make it the owner/,
    );
    expect(line).not.toContain(database);
    expect(line).not.toContain(role);
  });

  test('the right to create extensions', async () => {
    const { url, database, role } = await foreignDatabase('', { owns: false });
    await administer(database, `grant create, usage on schema public to ${role}`);
    expect(await refusalOf(url)).toMatch(
      /^The user in DATABASE_URL lacks a privilege: permission denied to create extension "unaccent"\..*create extension unaccent; create extension btree_gin/,
    );
    await administer(database, 'create extension unaccent', 'create extension btree_gin');
    await opened(url);
  });

  test('the right to use the extensions’ schema', async () => {
    const { url, database } = await foreignDatabase();
    await administer(
      database,
      'create schema extensions',
      'create extension unaccent schema extensions',
      'create extension btree_gin schema extensions',
    );
    expect(await refusalOf(url)).toMatch(
      /^PostgreSQL lacks the extension unaccent or btree_gin, or the user may not use/,
    );
  });

  test('the right to write', async () => {
    const { url, role } = await foreignDatabase();
    await administer('postgres', `alter role ${role} set default_transaction_read_only = on`);
    expect(await refusalOf(url)).toMatch(/^The database in DATABASE_URL is read-only: /);
  });
});

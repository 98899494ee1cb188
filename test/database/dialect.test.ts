// The rules of docs/decisions/sql-dialect.md: which statements break them. Every test file applies them to what the program
// sends (test/support/check-statements.ts).
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'libpg-query';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { migrate } from '../../src/database/migrate.ts';
import { readMigrations, splitStatements } from '../../src/database/migration-files.ts';
import { createPool } from '../../src/database/pool.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { findFaults, findMixedChanges } from '../support/dialect.ts';
import { registered } from '../support/person.ts';
import type { Recorded } from '../support/record-statements.ts';
import { statementsOf } from '../support/statements.ts';

describe('a fault', () => {
  test.each([
    [
      'select n.id from unread n join messages m on m.id = n.id where m.owner_id = $1 and n.owner_id = m.owner_id',
      'reads unread without n.owner_id = $n',
    ],
    [
      'select id from messages where owner_id = $1 or id = $2',
      'reads messages without messages.owner_id = $n',
    ],
    ['select id from messages where owner_id = any ($1)', 'reads messages without messages.owner_id = $n'],
    [
      'select (select count(*) from totp where user_id = u.id) from users u where u.id = $1',
      'reads totp without totp.user_id = $n',
    ],
    [
      'select m.id from messages m left join unread n on n.id = m.id and m.owner_id = $1',
      'reads messages without m.owner_id = $n\nreads unread without n.owner_id = $n',
    ],
    [
      'with recursive r as (select id from messages where owner_id = $1 union all select m.id from r, messages m where m.id < r.id) select id from r',
      'reads messages without m.owner_id = $n',
    ],
    [
      'delete from messages using unread n where messages.owner_id = $1 and n.id = messages.id',
      'reads unread without n.owner_id = $n',
    ],
    ['update sessions set agent = $2 where sid = $1', 'reads sessions without sessions.user_id = $n'],
    [
      'insert into unread (owner_id, id) select owner_id, id from messages',
      'reads messages without messages.owner_id = $n',
    ],
    [
      'select id from searched_messages where windows_of(owner_id, id) @> array[window_of($1, id, 4)]',
      'reads searched_messages without searched_messages.owner_id = $n',
    ],
    [
      'select l.id from users u left join lateral (select m.id from messages m where m.owner_id = $1 and m.other_id = u.id) l on true',
      'joins users with a lateral subquery',
    ],
    [
      `update sessions set sess = sess || jsonb_build_object('a', sess->'b') where user_id = $1`,
      'updates with jsonb_build_object of a column, which is STABLE',
    ],
    [
      'update drafts set id = gen_random_uuid() where owner_id = $1',
      'updates with gen_random_uuid, which is VOLATILE',
    ],
    [
      'insert into exports (user_id) values ($1) on conflict (user_id) do update set beat_at = clock_timestamp()',
      'updates with clock_timestamp, which is VOLATILE',
    ],
    [
      'update users set epoch = 1 where id = $1 and exists (select from passkeys where user_id = $1)',
      'writes users and touches passkeys',
    ],
    [
      'with a as (delete from totp where user_id = $1) delete from users where id = $1',
      'writes users and touches totp',
    ],
    [
      'insert into nonces (digest) values ($1) on conflict do nothing',
      'does not return what it has inserted',
    ],
    [
      'insert into drafts (owner_id, body) values ($1, (select body from drafts where owner_id = $1))',
      'has a subquery within VALUES',
    ],
    [
      'insert into sessions (user_id) select id from users where id = $1 for share',
      'locks a shared table within an INSERT',
    ],
    ['select m.* from messages m where m.owner_id = $1', 'selects *'],
  ])('%s', async (sql, faults) => {
    expect((await findFaults(sql, inject('schema'))).join('\n')).toBe(faults);
  });
});

test.each([
  'select count(*) from messages m left join unread n on n.owner_id = $1 and n.id = m.id where m.owner_id = $1::uuid',
  'with own as (select id from messages where owner_id = $1), messages as (select id from own) select id from messages',
  'update exports set beat_at = now() where user_id = $1',
  'insert into unread (owner_id, id) select owner_id, id from messages where owner_id = $1 for key share on conflict do nothing returning id',
  'with gone as (delete from drafts where owner_id = $1 returning id) insert into ended_drafts (owner_id, id, is_sent) select $1, id, true from gone on conflict do nothing returning id',
  'select u.id from users u join reset_links r on r.user_id = u.id where r.user_id = $1',
])('no fault: %s', async (sql) => {
  expect(await findFaults(sql, inject('schema'))).toEqual([]);
});

describe('the record of this file', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  test('holds the statements of src, each once, and none of a test', async () => {
    const alice = await registered(app.url, 'alice');
    for (let times = 0; times < 2; times += 1) await alice.get('/trash');
    await app.appPool.query('select 1 as test');
    const lines = readFileSync(process.env.STATEMENTS_FILE!, 'utf8').trim().split('\n');
    const recorded = lines.map((line) => JSON.parse(line) as Recorded);
    const ofTrash = recorded.filter(({ text }) => text.includes('m.trashed_at is not null and m.id < $2'));
    expect(ofTrash.map(({ file }) => file)).toEqual(['src/mailbox/trash/trashed-messages.ts']);
    expect(recorded.filter(({ text }) => text.includes('as test'))).toEqual([]);
  });
});

describe('migrations', () => {
  const folder = new URL('../../migrations/', import.meta.url);
  const files = ['', 'earlier/'].flatMap((place) =>
    readdirSync(new URL(place, folder))
      .filter((name) => name.endsWith('.sql'))
      .map((name) => `${place}${name}`),
  );

  test.each(files)('%s is split where PostgreSQL ends a statement', async (name) => {
    const sql = readFileSync(new URL(name, folder), 'utf8');
    const bytes = Buffer.from(sql);
    const { stmts = [] } = await parse(sql);
    const statements = splitStatements(sql);
    expect(statements).toHaveLength(stmts.length);
    for (const [index, { stmt_location: start = 0, stmt_len: length }] of stmts.entries()) {
      const expected = bytes
        .subarray(start, length && start + length)
        .toString()
        .trim();
      const comments = statements[index]!.slice(0, -expected.length);
      expect(statements[index]!.endsWith(expected)).toBe(true);
      expect(comments).toMatch(/^(--.*\n|\s)*$/);
    }
  });

  test('what is no end of a statement', () => {
    const sql = `select ';', e'\\';', "a;b", $$;$$, $x$ $$; $x$ /* ; */ -- ;
      ; ; -- nothing
      select 2`;
    const [first, second, ...more] = splitStatements(sql);
    expect(first).toMatch(/^select ';'.*-- ;$/s);
    expect([second, more]).toEqual(['-- nothing\n      select 2', []]);
  });

  test('run one statement at a time', async () => {
    const pool = createPool(await createDatabase('template0'), () => {});
    onTestFinished(() => pool.end());
    const sql = 'create table letters (id int); insert into letters values (1);';
    const sent = await statementsOf(pool, () =>
      migrate(pool, [{ name: '0001_letters.sql', sql, sha256: '' }]),
    );
    expect(sent).toEqual(
      expect.arrayContaining(['create table letters (id int)', 'insert into letters values (1)']),
    );
  });

  const landed = 24; // these never change
  test('change one thing in a statement', async () => {
    for (const { name, sql } of readMigrations().slice(landed))
      expect(await findMixedChanges(sql), name).toEqual([]);
    const mixed =
      'alter table users add column a int, add column b int; alter table users add column c int, drop column d';
    expect(await findMixedChanges(mixed)).toEqual(['users: AT_AddColumn, AT_DropColumn']);
  });
});

// Row-level security and the program's role limit every statement, even a faulty or injected one.
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { openAppPool } from '../../src/database/app-role.ts';
import { openDatabase } from '../../src/database/open.ts';
import { asOwner, asSystem } from '../../src/database/owner.ts';
import { createPool, type Pool } from '../../src/database/pool.ts';
import { transaction, withConnection } from '../../src/database/transaction.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { addressOf, createDatabase } from '../support/database.ts';
import { fillEveryTable } from '../support/every-table.ts';
import { registered } from '../support/person.ts';

let app: TestApp;
let alice: string;
let bob: string;
let owned: { table: string; column: string }[];

beforeAll(async () => {
  app = await startApp();
  const people = [await registered(app.url, 'alice'), await registered(app.url, 'bobby')] as const;
  await people[0].send('bobby', 'Hello');
  await people[1].send('alice', 'Hello yourself');
  await fillEveryTable(app.pool);
  const { rows } = await app.pool.query<{ id: string }>('select id from users order by username');
  [alice, bob] = rows.map(({ id }) => id) as [string, string];
  ({ rows: owned } = await app.pool.query<{ table: string; column: string }>(
    `select c.relname as "table", a.attname as "column" from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
       and a.attname in ('owner_id', 'user_id', 'inviter_id', 'reporter_id') and c.relname <> 'operator_log' order by 1`,
  ));
});
afterAll(() => app.close());

async function failureOf(work: Promise<unknown>): Promise<{ code?: string; message: string }> {
  return work.then(
    () => ({ message: 'It went through.' }),
    (error: Error & { code?: string }) => error,
  );
}

describe('a statement without a WHERE', () => {
  test('sees only the owner’s rows, in every table with an owner', async () => {
    expect(owned.length).toBeGreaterThan(14);
    for (const { table, column } of owned) {
      const ownersIn = async (pool: Pool) =>
        (
          await pool.query<{ owner: string }>(`select distinct ${column} as owner from ${table} order by 1`)
        ).rows.map(({ owner }) => owner);
      expect(await ownersIn(app.pool), table).toEqual([alice, bob].toSorted());
      expect(await asOwner(alice, () => ownersIn(app.appPool)), table).toEqual([alice]);
      expect(await asSystem(() => ownersIn(app.appPool)), table).toEqual([alice, bob].toSorted());
    }
    const searched = 'select distinct owner_id from searched_messages';
    expect((await asOwner(alice, () => app.appPool.query(searched))).rows).toEqual([{ owner_id: alice }]);
  });

  test('cannot insert, change or delete rows of another owner', async () => {
    for (const { table, column } of owned) {
      const count = async () =>
        (await app.pool.query(`select from ${table} where ${column} = $1`, [bob])).rowCount;
      const before = await count();
      const given = failureOf(
        asOwner(alice, () => app.appPool.query(`update ${table} set ${column} = '${bob}'`)),
      );
      expect(await given, table).toMatchObject({ code: '42501' });
      await asOwner(alice, () =>
        transaction(app.appPool, async (db) => {
          await db.query(`delete from ${table}`);
          throw new Error('Taken back.');
        }),
      ).catch((error: Error) => expect(error.message).toBe('Taken back.'));
      await transaction(app.appPool, async (db) => {
        const { rowCount } = await asOwner(alice, () =>
          db.query(`delete from ${table} where ${column} <> '${alice}'`),
        );
        expect(rowCount, table).toBe(0);
      });
      expect(await count(), table).toBe(before);
    }
    const insert = `insert into messages (owner_id, id, box, other_id, body, sent_at)
      values ('${bob}', gen_random_uuid(), 'inbox', '${alice}', 'Forged', now())`;
    expect(await failureOf(asOwner(alice, () => app.appPool.query(insert)))).toMatchObject({ code: '42501' });
  });

  test('without an owner is an error, not an empty result', async () => {
    for (const { table } of [...owned, { table: 'searched_messages' }])
      expect(await failureOf(app.appPool.query(`select from ${table}`)), table).toMatchObject({
        code: expect.stringMatching(/^(42704|22P02)$/) as string,
      });
  });

  test('as a member sees nothing of the operator’s log', async () => {
    await app.pool.query(
      `insert into operator_log (id, command, user_id, options) values (gen_random_uuid(), 'x', $1, '{}')`,
      [alice],
    );
    expect((await asOwner(alice, () => app.appPool.query('select from operator_log'))).rowCount).toBe(0);
    expect((await asSystem(() => app.appPool.query('select from operator_log'))).rowCount).toBe(1);
  });
});

test('every table with an owner has row-level security; the others are listed', async () => {
  const { rows } = await app.pool.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
       and not (relrowsecurity and exists (select from pg_policy where polrelid = pg_class.oid)) order by 1`,
  );
  // Names and hashes of passwords are looked up before anybody is known; the others hold nothing of anybody.
  expect(rows.map(({ name }) => name)).toEqual([
    'announcements',
    'error_counts',
    'nonces',
    'rate_limits',
    'registrations',
    'schema_migrations',
    'signing_keys',
    'site_facts',
    'username_keys',
    'usernames_used',
    'users',
  ]);
});

describe('the owner of a statement', () => {
  const ownersSeen = async () =>
    (await app.appPool.query<{ id: string }>('select distinct owner_id as id from messages')).rows.map(
      ({ id }) => id,
    );

  test('is the caller’s, however many wait for a connection', async () => {
    const asked = Array.from({ length: 60 }, (_, n) => (n % 2 ? alice : bob));
    const seen = await Promise.all(asked.map((owner) => asOwner(owner, ownersSeen)));
    expect(seen).toEqual(asked.map((owner) => [owner]));
  });

  test('is its own when several are sent over one connection before the first result', async () => {
    await withConnection(app.appPool, async (db) => {
      const ownersIn = async () =>
        (await db.query<{ id: string }>('select distinct owner_id as id from messages')).rows.map(
          ({ id }) => id,
        );
      await asSystem(ownersIn); // whatever it was before
      let third: Promise<string[]> | undefined;
      const first = asOwner(alice, ownersIn).then((seen) => {
        third = asOwner(alice, ownersIn);
        return seen;
      });
      const second = asOwner(bob, async () => {
        await db.query('select pg_sleep(0.1)');
      });
      const between = asOwner(bob, ownersIn);
      expect([await first, await between, await third]).toEqual([[alice], [bob], [alice]]);
      await second;
    });
  });

  test('is right again after a transaction is rolled back', async () => {
    await transaction(app.appPool, async (db) => {
      const ownersIn = async () =>
        (await db.query<{ id: string }>('select distinct owner_id as id from messages')).rows.map(
          ({ id }) => id,
        );
      await asOwner(alice, ownersIn);
      await db.query('rollback');
      await db.query('begin');
      await asOwner(bob, ownersIn);
      await db.query('rollback');
      expect(await asOwner(bob, ownersIn)).toEqual([bob]);
      await asOwner(alice, () => db.query('begin'));
      expect(await asOwner(alice, ownersIn)).toEqual([alice]);
    });
  });

  test('a statement fails if its owner could not be set', async () => {
    await transaction(app.appPool, async (db) => {
      const client = db as pg.PoolClient;
      await asOwner(alice, () => client.query('select 1'));
      await client.query('commit');
      await asOwner(alice, () => client.query('select 1'));
      // The value is refused when it is set: then the answer to what follows on the wire belongs to the one before.
      const answer = asOwner('\0', () => client.query('select distinct owner_id from messages'));
      expect(await failureOf(answer)).toMatchObject({ code: '22021' });
      await client.query('begin');
    });
  });
});

describe('the role of the program', () => {
  test.each([
    'create table evil (id integer)',
    'create function evil() returns integer language sql return 1',
    'alter table messages disable row level security',
    'alter table messages add column evil text',
    'alter role current_user superuser',
    'create role evil',
    'drop policy own on messages',
    'drop table messages',
    'truncate messages',
    'create or replace view searched_messages as select 1 as one',
    'select rolpassword from pg_authid',
    `copy messages to program 'cat'`,
    `copy messages to '/tmp/messages'`,
    `select pg_read_file('/etc/passwd')`,
    `select lo_import('/etc/passwd')`,
    `insert into schema_migrations (name, sha256) values ('0999_evil.sql', '')`,
    'set role owner',
    'set session authorization owner',
    `set session_replication_role = replica`,
    `alter system set log_statement = 'all'`,
  ])('may not: %s', async (statement) => {
    expect(await failureOf(asSystem(() => app.appPool.query(statement)))).toMatchObject({
      code: expect.stringMatching(/^(42501)$/) as string,
    });
  });

  test('cannot switch back to the owner unless the server asks for no password: then it has logged in', async () => {
    const { rows } = await app.appPool.query('select session_user as name');
    expect(rows).toEqual([{ name: 'private_messages_owner' }]);
    await transaction(app.appPool, async (db) => {
      await db.query('reset role; reset session authorization');
      expect((await db.query('select current_user as name')).rows).toEqual(rows);
    });
  });
});

describe('a database whose user is not a superuser', () => {
  let count = 0;
  async function foreignDatabase(options = '') {
    const name = `walled_${process.pid}_${++count}`;
    const client = new pg.Client({ connectionString: inject('postgres') });
    await client.connect();
    await client.query(`create role ${name} login password 'secret' ${options}`);
    await client.query(`create database ${name} template template0 owner ${name}`);
    const administer = (statement: string) => client.query(statement);
    onTestFinished(() => client.end());
    // With a password, although this server does not ask: as on most servers, the role cannot log in.
    const url = addressOf(inject('postgres').replace('owner@', `${name}:secret@`), name);
    return { name, url, administer };
  }
  async function workingAs(url: string) {
    const lines: string[] = [];
    const database = await openDatabase(
      { databaseUrl: url, dataDir: '/nowhere' },
      () => {},
      (line) => lines.push(line),
    );
    try {
      const { rows } = await database.pool.query<{ user: string; session: string }>(
        'select current_user as user, session_user as session',
      );
      await asSystem(() => database.pool.query('select from messages'));
      return { ...rows[0]!, lines };
    } finally {
      await database.close();
    }
  }

  test('creates the role if it may, and switches to it', async () => {
    const { name, url } = await foreignDatabase('createrole');
    const role = `private_messages_${name}`;
    for (let start = 0; start < 2; start++)
      expect(await workingAs(url)).toEqual({ user: role, session: name, lines: [] });
  });

  test('works as the owner otherwise, says so, and uses the role that an administrator creates', async () => {
    const { name, url, administer } = await foreignDatabase();
    const { lines, ...users } = await workingAs(url);
    expect(users).toEqual({ user: name, session: name });
    expect(lines).toEqual([expect.stringContaining('create role "private_messages_USER"; grant') as string]);
    expect(lines[0]).not.toContain(name);
    for (const [, statement] of lines[0]!.matchAll(/((?:create role|grant) "[^;]*);/g))
      await administer(statement!.replaceAll('USER', name));
    expect(await workingAs(url)).toEqual({ user: `private_messages_${name}`, session: name, lines: [] });
  });

  test('does not use a role of that name with more rights', async () => {
    const { name, url, administer } = await foreignDatabase();
    await administer(`create role private_messages_${name} createdb`);
    await administer(`grant private_messages_${name} to ${name}`);
    const { user, lines } = await workingAs(url);
    expect(user).toBe(name);
    expect(lines).toEqual([expect.stringContaining('has more rights than it should') as string]);
  });

  test('creates it once when several processes start together', async () => {
    const { name, url } = await foreignDatabase('createrole');
    const starts = await Promise.all(Array.from({ length: 4 }, () => workingAs(url)));
    for (const { user, lines } of starts) expect([user, lines]).toEqual([`private_messages_${name}`, []]);
  });
});

test('two databases of one owner share the role, even when opened concurrently', async () => {
  const addresses = await Promise.all([createDatabase(), createDatabase(), createDatabase()]);
  const opened = await Promise.all(
    addresses.map(async (address) => {
      const owner = createPool(address, () => {});
      onTestFinished(() => owner.end());
      return openAppPool(
        owner,
        address,
        () => {},
        () => {},
      );
    }),
  );
  for (const pool of opened) {
    expect((await pool.query('select current_user as name')).rows).toEqual([
      { name: 'private_messages_owner' },
    ]);
    await pool.end();
  }
});

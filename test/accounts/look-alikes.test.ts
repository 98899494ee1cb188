// Look-alike usernames count as one, even after the first one is deleted.
import { randomInt } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { isReserved, skeletonOf } from '../../src/look-alikes.ts';
import { migrate } from '../../src/database/migrate.ts';
import { readMigrations } from '../../src/database/migration-files.ts';
import { createPool } from '../../src/database/pool.ts';
import { startApp } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { registered, stranger } from '../support/person.ts';

const password = 'a long enough password';
const app = await startApp();
const other = await startApp({}, app.databaseUrl);
afterAll(async () => {
  await other.close();
  await app.close();
});
beforeEach(() => app.pool.query('delete from users; delete from usernames_used'));

const register = (username: string, url = app.url) =>
  stranger(url).submit('/register', { username, password });
const login = (username: string) => stranger(app.url).submit('/login', { username, password });

const alike: [string, string, ...string[]][] = [
  ['bob', 'bob.', 'b-o-b', 'bob_', 'b0b', 'b.0.b', 'BoB--'],
  ['mike', 'rnike', 'r.nike', 'rn1ke', 'm-ike', 'rnlke'],
  ['walter', 'vvalter', 'v.v.aiter', 'wa1ter', 'w.alter'],
  ['lily', '1i1y', 'iily', 'l.i-l_y'],
  ['www3', 'vwvw3', 'vvvvvv3', 'wvvw3'],
  ['o00', '000', 'ooo', '0-o-0'],
  ['corner', 'comer'],
];

describe.each(alike)('next to %s', (first, second, ...others) => {
  const rest = [second, ...others];
  test(`these cannot be registered: ${rest.join(', ')}`, async () => {
    await registered(app.url, first);
    for (const name of rest) {
      const answer = await register(name);
      expect([name, answer.status]).toEqual([name, 422]);
      expect(answer.$('#username-error').text()).toBe('This username is taken. Please choose another one.');
      expect(answer.$('input[name=username]').attr('value')).toBe(name);
    }
    expect((await login(first)).status).toBe(303);
    expect((await login(second)).status).toBe(422); // another name all the same, and nobody's
  });

  test('nor can it be registered next to one of them', async () => {
    await registered(app.url, second);
    expect((await register(first)).status).toBe(422);
  });
});

test.each([
  ['bob', 'bobb'],
  ['mike', 'nike'],
  ['anna', 'ana'],
  ['walter', 'valter'],
  ['r-2-n', 'm2'],
  ['person-1', 'person-2'],
  ['person-10', 'person-1'],
])('%s and %s are different names', async (one, two) => {
  await registered(app.url, one);
  await registered(app.url, two.length < 3 ? `${two}a` : two);
});

test('skeletons are idempotent, also for parts of a name', () => {
  const letters = 'aborn10lmvwi._-';
  for (let round = 0; round < 5000; round += 1) {
    const name = `a${Array.from({ length: 2 + randomInt(28) }, () => letters[randomInt(letters.length)]).join('')}`;
    const skeleton = skeletonOf(name);
    expect(skeletonOf(skeleton)).toBe(skeleton);
    const at = 1 + randomInt(name.length);
    const separated = `${name.slice(0, at)}${'._-'[randomInt(3)]}${name.slice(at)}`;
    for (const look of [separated, name.replace('m', 'rn'), name.replace('rn', 'm'), name.replace('vv', 'w')])
      expect(skeletonOf(look), `${look} and ${name}`).toBe(skeleton);
  }
});

test('only one of many concurrent look-alikes at two processes is registered', async () => {
  for (const names of [
    ['frida', 'frlda', 'fr1da', 'f.rida', 'frida_', 'frid-a'],
    ['emma', 'ernma', 'emrna', 'ernrna', 'em.ma', 'emma-'],
  ]) {
    const answers = await Promise.all(names.map((name, i) => register(name, [app.url, other.url][i % 2])));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      303, 422, 422, 422, 422, 422,
    ]);
    const { rowCount } = await app.pool.query('select from users where username = any ($1)', [names]);
    expect(rowCount).toBe(1);
  }
});

test('after an account is deleted, neither its name nor a look-alike can be registered', async () => {
  const mike = await registered(app.url, 'mike.w');
  expect((await mike.submit('/account/delete', { password })).get('Location')).toBe('/');
  for (const name of ['mike.w', 'mike-w', 'rnikevv', 'm1kew'])
    expect((await register(name)).status).toBe(422);
  // Nothing is kept that names it.
  const { rows } = await app.pool.query<{ hash: Buffer }>('select hash from usernames_used');
  expect(rows.map(({ hash }) => hash.length)).toEqual([32]);
});

describe('a database of an earlier version', () => {
  const migrations = readMigrations();
  const before = migrations.filter(
    ({ name }) => name < migrations.find((m) => m.name.includes('look_alike'))!.name,
  );
  const openOld = async () => {
    const databaseUrl = await createDatabase('template0');
    const pool = createPool(databaseUrl, () => {});
    onTestFinished(() => pool.end());
    await migrate(pool, before);
    const join = (name: string) =>
      pool.query(
        `with used as (insert into usernames_used values (sha256(convert_to($1, 'UTF8'))))
         insert into users (id, username, password_hash)
         select gen_random_uuid(), $1, ''`,
        [name],
      );
    return { databaseUrl, pool, join };
  };

  test('keeps its look-alike accounts, and nobody else can register their names', async () => {
    const { databaseUrl, pool, join } = await openOld();
    await registered(app.url, 'somebody-else');
    const { rows } = await app.pool.query<{ hash: string }>('select password_hash as hash from users');
    for (const name of ['mike', 'rnike', 'm-ike', 'lee', 'iee', 'admin.bob']) await join(name);
    await pool.query('update users set password_hash = $1', [rows[0]!.hash]);
    await join('gone-for-good');
    await pool.query(`delete from users where username = 'gone-for-good'`);
    await migrate(pool);
    const upgraded = await startApp({}, databaseUrl);
    onTestFinished(() => upgraded.close());
    const there = (page: string, username: string) =>
      stranger(upgraded.url).submit(page, { username, password });
    for (const name of ['mike', 'rnike', 'm-ike', 'lee', 'iee', 'admin.bob'])
      expect([name, (await there('/login', name)).status]).toEqual([name, 303]);
    for (const name of ['mike', 'rn1ke', 'm.i.k.e', '1ee', 'gone-for-good'])
      expect([name, (await there('/register', name)).status]).toEqual([name, 422]);
    expect((await there('/register', 'newcomer')).status).toBe(303);
  });

  test('gets the same skeletons from the migration as new names get from the program', async () => {
    const { pool, join } = await openOld();
    const letters = 'abcdefghijklmnopqrstuvwxyz0123456789._-mrnvwl10o';
    const names = new Set<string>();
    while (names.size < 300)
      names.add(
        `a${Array.from({ length: 2 + randomInt(28) }, () => letters[randomInt(letters.length)]).join('')}`,
      );
    for (const name of names) await join(name);
    await pool.query('delete from usernames_used');
    await migrate(pool);
    const skeletons = [...new Set([...names].map(skeletonOf))];
    const { rows } = await pool.query<{ count: number; all: number }>(
      `select count(*)::int as count, (select count(*)::int from usernames_used) as all
       from unnest($1::text[]) s join usernames_used on hash = sha256(convert_to(s, 'UTF8'))`,
      [skeletons],
    );
    expect(rows[0]).toEqual({ count: skeletons.length, all: skeletons.length });
  });
});

describe('reserved names include', () => {
  test.each([
    'adm1n',
    'ad-min',
    'adrnin',
    'admin.',
    'r00t',
    'supp0rt',
    'support.team',
    'support-bob',
    'bob.support',
    'the_admin',
    'the.operator',
    'theadmin',
    'supportteam',
    'adminsupport',
    'security-team',
    'm0derator',
    'rnod',
    'vvebmaster',
    'web.master',
    'help.desk',
    'no-reply',
    'official.bob',
    'n0b0dy',
    'deleted.account',
    'dae-mon',
  ])('%s', async (name) => {
    // prettier-ignore
    const answer = await register(name);
    expect([answer.status, answer.$('#username-error').text()]).toEqual([
      422,
      expect.stringContaining('reserved'),
    ]);
  });

  test.each([
    'administratorix',
    'badmin',
    'rootless',
    'teammate',
    'steam',
    'modesty',
    'user-1',
    'test-2',
    'testuser',
    'guest-7',
    'call-me-al',
    'news.fan',
    'private.ryan',
    'robot',
    'allan',
    'hosta',
    'mia-you',
    'ownership',
  ])('but not %s', (name) => {
    // prettier-ignore
    expect(isReserved(name)).toBe(false);
  });
});

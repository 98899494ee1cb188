// People: those one has written with, latest first, found by their names, and never those of somebody else.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { cast } from '../../support/cast.ts';
import { idOf } from '../../support/mailboxes.ts';
import { at, registered, stranger, type Answer, type Person } from '../../support/person.ts';
import { startApp } from '../../support/app.ts';

const { app, alice, bob, charlie } = await cast();
const open = await startApp({ DIRECTORY: 'members' }, app.databaseUrl);
const dora = await registered(app.url, 'dora');
afterAll(async () => {
  await open.close();
  await app.close();
});
beforeEach(async () => {
  await app.pool.query('delete from messages; delete from conversations; delete from rate_limits');
  await app.pool.query(
    'update users set display_name = null, name_key = null, unlisted_at = null, disabled_at = null',
  );
});

const named = (person: Person, displayName: string) =>
  person.submit('/account/name', { displayName, isListed: 'yes' });
/** The usernames on it, by the list they are in. */
const peopleOn = ({ $ }: Answer) =>
  $('.people')
    .toArray()
    .map((list) =>
      $(list)
        .find('.person')
        .toArray()
        .map((link) => $(link).attr('href')!.replace('/with/', '')),
    );

test('it begins with whoever wrote or was written to last', async () => {
  expect(peopleOn(await alice.get('/people'))).toEqual([]);
  await bob.send('alice', 'One');
  await alice.send('charlie', 'Two');
  await dora.send('alice', 'Three');
  await bob.send('charlie', 'Not for alice');
  expect(peopleOn(await alice.get('/people'))).toEqual([['dora', 'charlie', 'bob']]);
  await bob.send('alice', 'Four');
  expect(peopleOn(await alice.get('/people'))).toEqual([['bob', 'dora', 'charlie']]);
  expect(peopleOn(await dora.get('/people'))).toEqual([['alice']]);
});

test('each leads to the conversation and to writing, with names and avatar', async () => {
  await named(bob, 'Бо́б <&>');
  await bob.send('alice', 'Hello');
  const { $ } = await alice.get('/people');
  expect($('.people bdi').text()).toBe('Бо́б <&>');
  expect($('.people .username').text()).toBe('bob');
  expect($('.people .avatar').text()).toBe('Б');
  expect($('.people a[href="/send?to=bob"]').text().trim()).toBe('Send Message to bob');
  expect((await alice.get('/send?to=bob')).$('#recipient').attr('value')).toBe('bob');
  expect((await alice.get('/with/bob')).status).toBe(200);
});

test('who is only in the trash, or has left, is not there', async () => {
  const gone = await registered(app.url, 'gone_away');
  await gone.send('alice', 'Before leaving');
  await bob.send('alice', 'Deleted later');
  await alice.post(
    `/messages/${await idOf(app.pool, alice, 'Deleted later')}/delete`,
    await alice.hidden('/inbox', '/logout'),
  );
  await gone.submit('/account/delete', { password: gone.password });
  expect(peopleOn(await alice.get('/people'))).toEqual([]);
});

test('pages of 25, each person once', async () => {
  await app.pool.query(
    `with made as (insert into users (id, username, password_hash)
       select uuidv7(), 'many-' || lpad(n::text, 2, '0'), '' from generate_series(1, 60) n returning id)
     insert into conversations (owner_id, other_id, last_id)
     select (select id from users where username = 'alice'), id, uuidv7() from made`,
  );
  const seen: string[] = [];
  let path: string | undefined = '/people';
  while (path) {
    const page: Answer = await alice.get(path);
    seen.push(...peopleOn(page).flat());
    path = page.$('nav.pages a[rel=next]').attr('href');
  }
  expect([seen.length, new Set(seen).size]).toEqual([60, 60]);
  await app.pool.query(`delete from users where username like 'many-%'`);
});

describe('searching', () => {
  beforeEach(async () => {
    await named(bob, 'Zoë Müller-Łuk');
    await named(charlie, 'ليلى أحمد');
    for (const person of [bob, charlie]) await person.send('alice', 'Hello');
  });

  test.each([
    ['bo', ['bob']],
    ['BOB', ['bob']],
    ['@bob', ['bob']],
    ['zoe', ['bob']],
    ['ZOË', ['bob']],
    ['mull', ['bob']],
    ['luk', ['bob']],
    ['zoe mul', ['bob']],
    ['mul zo', ['bob']],
    ['zoe x', []],
    ['oe', []],
    ['ob', []],
    ['ليلى', ['charlie']],
    ['احمد', ['charlie']],
    ['dora', []],
    ['%', []],
    ['_', []],
    ["'", []],
    ['\\', []],
    ['', ['charlie', 'bob']],
    ['  @ ', ['charlie', 'bob']],
  ])('%j', async (q, expected) => {
    const page = await alice.get(`/people?${new URLSearchParams({ q }).toString()}`);
    expect(page.status).toBe(200);
    expect(peopleOn(page).flat()).toEqual(expected);
  });

  test('is bounded', async () => {
    for (const path of ['/people', '/people/members']) {
      expect((await at(open.url, alice).get(`${path}?q=${'x'.repeat(101)}`)).status).toBe(400);
      expect((await at(open.url, alice).get(`${path}?q=${'x'.repeat(100)}`)).status).toBe(200);
      expect((await at(open.url, alice).get(`${path}?q=a&q=b`)).status).toBe(400);
    }
  });
});

test.each(['/people', '/people/members', '/people?q=bob'])(
  '%s leads to the login when signed out',
  async (path) => {
    const answer = await stranger(open.url).get(path);
    expect([answer.status, answer.headers.location]).toEqual([
      303,
      `/login?next=${encodeURIComponent(path)}`,
    ]);
  },
);

test.each(['/people', '/people/members'])('%s is only read', async (path) => {
  for (const method of ['post', 'put', 'delete'] as const) {
    const answer = await at(open.url, alice).ask(method, path);
    expect([403, 405]).toContain(answer.status);
  }
});

describe('without a list of members', () => {
  test('nobody sees one, and a search finds contacts alone', async () => {
    expect((await alice.get('/people/members')).status).toBe(404);
    const page = await alice.get('/people');
    expect(page.$('a[href="/people/members"]')).toHaveLength(0);
    const found = await alice.get('/people?q=bob');
    expect(found.$('main').text().replaceAll('bob', '')).toBe(
      (await alice.get('/people?q=nobody')).$('main').text().replaceAll('nobody', ''),
    );
    expect(peopleOn(found)).toEqual([]);
  });
});

describe('the list of members', () => {
  const members = (path = '') => at(open.url, alice).get(`/people/members${path}`);

  test('has everybody who has not opted out and is not disabled', async () => {
    expect(peopleOn(await members())).toEqual([['alice', 'bob', 'charlie', 'dora']]);
    await bob.submit('/account/name', { displayName: 'Robert' });
    await app.pool.query(`update users set disabled_at = now() where username = 'dora'`);
    expect(peopleOn(await members())).toEqual([['alice', 'charlie']]);
    for (const q of ['bob', 'Robert', 'dora']) expect(peopleOn(await members(`?q=${q}`))).toEqual([]);
    expect((await at(open.url, alice).get('/people')).$('a[href="/people/members"]')).toHaveLength(1);
    await bob.submit('/account/name', { displayName: 'Robert', isListed: 'yes' });
    expect(peopleOn(await members())).toEqual([['alice', 'bob', 'charlie']]);
  });

  test.each([
    ['bo', ['bob']],
    ['@BO', ['bob']],
    ['zoe mu', ['charlie']],
    ['ZOË', ['charlie']],
    ['d', ['dora', 'bob']],
    ['müller', []],
    ['%', []],
    ['\u{10FFFF}', []],
    ['', ['alice', 'bob', 'charlie', 'dora']],
  ])('is searched by the beginning of either name: %j', async (q, expected) => {
    await named(bob, 'Dr. Bob');
    await named(charlie, 'Zoë Müller');
    await named(dora, 'Dora');
    const page = await members(`?${new URLSearchParams({ q }).toString()}`);
    expect(peopleOn(page).flat()).toEqual(expected);
  });

  test('is searched beside one’s contacts', async () => {
    await bob.send('alice', 'Hello');
    await named(dora, 'Bo Derek');
    const page = await at(open.url, alice).get('/people?q=bo');
    expect(peopleOn(page)).toEqual([['bob'], ['bob', 'dora']]);
  });

  test('comes in pages of 25, each member once, found by username first', async () => {
    await app.pool.query(
      `insert into users (id, username, password_hash, display_name, name_key)
       select uuidv7(), case when n % 2 = 0 then 'kim-' else 'lee-' end || n, '', 'Kim ' || n % 7, 'kim ' || n % 7
       from generate_series(100, 199) n`,
    );
    for (const [q, count] of [
      ['kim', 100],
      ['', 104],
      ['Kim 3', 15],
    ] as const) {
      const seen: string[] = [];
      let path: string | undefined = `?q=${encodeURIComponent(q)}`;
      while (path !== undefined) {
        const page = await members(path);
        seen.push(...peopleOn(page).flat());
        path = page.$('nav.pages a[rel=next]').attr('href')?.replace('/people/members', '');
      }
      expect([q, seen.length, new Set(seen).size]).toEqual([q, count, count]);
      if (q === 'kim') expect(seen.findLastIndex((name) => name.startsWith('kim-'))).toBe(49);
    }
    await app.pool.query(`delete from users where username ~ '^(kim|lee)-'`);
  });
});

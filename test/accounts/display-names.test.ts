// Display names: what they may hold, whom they must not look like, and what happens to them.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { maxNamesPerHour } from '../../src/accounts/name-routes.ts';
import { maxNameLength, nameKey } from '../../src/display-names.ts';
import { runOperator } from '../operator/command.ts';
import { cast } from '../support/cast.ts';
import { registered, stranger, type Answer, type Person } from '../support/person.ts';

const { app, alice, bob } = await cast();
const former = await registered(app.url, 'walter');
await former.submit('/account/delete', { password: former.password });
beforeEach(() =>
  app.pool.query(
    'delete from rate_limits; update users set display_name = null, name_key = null, unlisted_at = null',
  ),
);
afterAll(() => app.close());

const page = '/account/name';
const choose = (displayName: string, person: Person = alice): Promise<Answer> =>
  person.submit(page, { displayName });
async function nameOf(username: string): Promise<{ name: string | null; key: string | null }> {
  const { rows } = await app.pool.query<{ name: string | null; key: string | null }>(
    'select display_name as name, name_key as key from users where username = $1',
    [username],
  );
  return rows[0]!;
}

test.each([
  ['Alice Żak', 'alice zak'],
  ['  Zoë \u00a0 O’Neill ', 'zoe o’neill'],
  ['E\u0301milie', 'emilie'],
  ['山田 太郎', '山田 太郎'],
  ['ليلى أحمد', 'ليلى احمد'],
  ['ΑΛΙΚΗ', 'αλικη'],
  ['Владимир', 'владимир'],
  ['Łucja Ørsted-Weiß', 'lucja orsted-weiss'],
  ['สมชาย ใจดี', 'สมชาย ใจดี'],
  ['नीलिमा', 'नीलिमा'],
  ['Ann 🌸', 'ann 🌸'],
  ['7', '7'],
  ['<b>"Rob" & Co.</b>', '<b>"rob" & co.</b>'],
  [`'; drop table users; --`, `'; drop table users; --`],
  ['𝒜'.repeat(maxNameLength), 'a'.repeat(maxNameLength)],
  ['ﷺ'.repeat(10), nameKey('ﷺ'.repeat(10))],
])('%s is a name', async (typed, key) => {
  const answer = await choose(typed);
  expect([answer.status, answer.headers.location]).toEqual([303, '/account']);
  const name = typed
    .normalize('NFC')
    .trim()
    .replaceAll(/\p{Zs}+/gu, ' ');
  expect(await nameOf('alice')).toEqual({ name, key });
  expect((await alice.get(page)).$('#displayName').attr('value')).toBe(name);
  expect((await alice.get('/account')).$('[role=status]')).toHaveLength(0); // shown once, before
});

test('none is a choice too, and saving says what people see', async () => {
  await choose('Alice Żak');
  const said = async () => (await alice.get('/account')).$('[role=status]').text();
  expect(await said()).toBe('Saved. People see you as \u2068Alice Żak\u2069, alice.');
  for (const nothing of ['', '   ', '\u3000']) {
    await choose(nothing);
    expect(await said()).toBe('Saved. People see you as alice.');
    expect(await nameOf('alice')).toEqual({ name: null, key: null });
  }
});

describe('a name is refused, and shown again,', () => {
  const zalgo = 'Z\u0301\u0302\u0303\u0308\u030a\u0323algo';
  test.each([
    '\u200b',
    '\u200d',
    '\u202e',
    '\u2066',
    '\u200f',
    '\u00ad',
    '\ufe0f',
    '\u2028',
    '\u2800',
    '\ue000',
    '\ufffc',
    '\t',
    '\n',
    '\u0007',
    '\u3164',
    '\u{e0041}',
    '\u{f0000}',
    '\u0378',
    '\u061c',
    '\u180e',
    '\u115f',
  ])('with %j in it', async (character) => {
    const answer = await choose(`Ann${character}a`);
    expect([answer.status, answer.$('#displayName-error').text()]).toEqual([
      422,
      'This name contains a character that is invisible or not a text.',
    ]);
    expect(answer.$('#displayName').attr('value')).toBe(
      `Ann${character.replace('\n', '\r\n')}a`.replace('\r\n', '\n'),
    );
    expect(await nameOf('alice')).toEqual({ name: null, key: null });
  });

  test.each([
    ['x'.repeat(maxNameLength + 1), 'at most 60 characters'],
    [zalgo, 'too many marks'],
    ['—', 'at least one letter'],
    ['🌸🌸', 'at least one letter'],
    ['Private Messages', 'reserved'],
    ['private · messages', 'reserved'],
    ['Ｐｒｉｖａｔｅ Ｍｅｓｓａｇｅｓ', 'reserved'],
    ['Рrivаtе Меssаgеs', 'reserved'],
    ['deleted account', 'reserved'],
    ['Administrator', 'reserved'],
    ['Anna (Support)', 'reserved'],
    ['The Operator', 'reserved'],
    ['Ѕуѕtеm', 'reserved'],
  ])('%s', async (typed, why) => {
    const answer = await choose(typed);
    expect(answer.status).toBe(422);
    expect(answer.$('#displayName-error').text()).toContain(why);
    expect(answer.$('#displayName').attr('value')).toBe(typed);
    expect(await nameOf('alice')).toEqual({ name: null, key: null });
  });

  test('without the field', async () => {
    const { _csrf } = await alice.hidden(page);
    expect((await alice.post(page, { _csrf: _csrf! })).status).toBe(422);
    expect(
      (await alice.post(page, `_csrf=${encodeURIComponent(_csrf!)}&displayName=a&displayName=b`)).status,
    ).toBe(422);
  });
});

describe('the username of somebody else', () => {
  test.each([
    'bob',
    'Bob',
    ' BOB ',
    'b0b',
    'B.O.B.',
    '@bob',
    '(bob)',
    'bob 🌸',
    '“Bob”',
    'bób',
    'ВОВ',
    'ｂｏｂ',
    '𝐛𝐨𝐛',
    'ⓑⓞⓑ',
    'βob',
    'bоb',
    'BΟB',
    'b օ b',
    'walter',
    'VValter',
    'Wa1ter',
    'wаltеr',
  ])('in use or used before, is not a display name: %s', async (typed) => {
    const answer = await choose(typed);
    expect([answer.status, answer.$('#displayName-error').text()]).toEqual([
      422,
      'This name looks like the username of somebody else here. Please choose another one.',
    ]);
    expect(answer.$('#displayName').attr('value')).toBe(typed);
    expect(await nameOf('alice')).toEqual({ name: null, key: null });
  });

  test.each(['Alice', 'ALICE', 'A. L. I. C. E.', 'Аlicе', 'a1ice', 'Bob Smith', 'Nobody-Here', 'воб'])(
    'one’s own, or another text, is one: %s',
    async (typed) => {
      expect((await choose(typed)).status).toBe(303);
      expect((await nameOf('alice')).name).toBe(typed);
    },
  );

  test('which is registered later, keeps nobody from saving the form again', async () => {
    await choose('Dora Late');
    await registered(app.url, 'dora.late');
    expect((await choose('Dora Late')).status).toBe(303);
    expect((await choose('dora late')).status).toBe(422);
  });
});

test('so many changes an hour, and beyond them everything typed is shown again', async () => {
  for (let count = 0; count < maxNamesPerHour; count++)
    expect((await choose(`Alice ${count}`)).status).toBe(303);
  const answer = await choose('Alice the last');
  expect(answer.status).toBe(429);
  expect(answer.$('#form-error').text()).toContain('Too many attempts');
  expect(answer.$('#displayName').attr('value')).toBe('Alice the last');
  expect((await choose('Bobby', bob)).status).toBe(303);
  expect((await choose('')).status).toBe(303);
});

test('signed out, it leads to the login, and nothing is changed', async () => {
  await choose('Alice Żak');
  const nobody = stranger(app.url);
  const asked = await nobody.get(page);
  expect([asked.status, asked.headers.location]).toEqual([303, `/login?next=${encodeURIComponent(page)}`]);
  const { _csrf } = await alice.hidden(page);
  expect((await nobody.post(page, { _csrf: _csrf!, displayName: 'Forged' })).headers.location).toBe('/login');
  expect((await alice.ask('put', page)).status).toBe(405);
  expect((await nameOf('alice')).name).toBe('Alice Żak');
});

test('only the person’s own account is changed, and only when signed in, with a token', async () => {
  await choose('Alice Żak');
  expect(await nameOf('bob')).toEqual({ name: null, key: null });
  const { _csrf } = await bob.hidden(page);
  expect((await alice.post(page, { _csrf: _csrf!, displayName: 'Forged' })).status).toBe(403);
  expect((await alice.post(page, { displayName: 'Forged' })).status).toBe(403);
  expect((await nameOf('alice')).name).toBe('Alice Żak');
});

describe('the list of members', () => {
  const isListed = async () =>
    (await app.pool.query(`select from users where username = 'alice' and unlisted_at is null`)).rowCount ===
    1;

  test('has everybody who has not opted out', async () => {
    expect((await alice.get(page)).$('[name=isListed]').attr('checked')).toBeDefined();
    await alice.submit(page, { displayName: '' });
    expect(await isListed()).toBe(false);
    expect((await alice.get(page)).$('[name=isListed]').attr('checked')).toBeUndefined();
    const wrong = await alice.submit(page, { displayName: '—', isListed: 'yes' });
    expect([wrong.status, wrong.$('[name=isListed]').attr('checked')]).toEqual([422, 'checked']);
    expect(await isListed()).toBe(false);
    await alice.submit(page, { displayName: '', isListed: 'yes' });
    expect(await isListed()).toBe(true);
  });
});

test('the operator sees it, and can remove it', async () => {
  await choose('Alice Żak');
  const settings = { DATABASE_URL: app.databaseUrl };
  const { out } = await runOperator(settings, ['users', 'find', 'alice', '--json']);
  expect(JSON.parse(out)).toMatchObject([{ username: 'alice', displayName: 'Alice Żak' }]);
  expect((await runOperator(settings, ['name', 'clear', 'alice'])).out).toBe(
    'alice has no display name any more.\n',
  );
  expect(await nameOf('alice')).toEqual({ name: null, key: null });
  expect((await alice.get('/inbox')).$('.excerpt').text()).toContain(
    'The operator of this server removed your display',
  );
  expect((await runOperator(settings, ['name', 'clear', 'alice'])).out).toBe('alice had no display name.\n');
});

test('it goes with the account', async () => {
  const gone = await registered(app.url, 'gone_soon');
  await choose('Somebody Unusual', gone);
  await gone.submit('/account/delete', { password: gone.password });
  const { rowCount } = await app.pool.query(`select from users where display_name = 'Somebody Unusual'`);
  expect(rowCount).toBe(0);
});

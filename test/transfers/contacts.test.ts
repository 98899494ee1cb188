// Blocks, acceptances and what lies in the trays go through export and import.
import { afterAll, expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { cast } from '../support/cast.ts';
import { copiesOf, idOf } from '../support/mailboxes.ts';
import { registered } from '../support/person.ts';
import { unzip, zipped } from '../support/zip.ts';
import { exportOf } from './exports/exporting.ts';
import { imported } from './imports/importing.ts';

const { app, alice, bob, charlie } = await cast({ FIRST_CONTACT: 'requests' });
const other = await startApp({ FIRST_CONTACT: 'requests' });
afterAll(() => Promise.all([app.close(), other.close()]));

const dora = await registered(app.url, 'dora');
await bob.send('alice', 'Bob asks');
await alice.submit(
  '/requests',
  { ids: await idOf(app.pool, alice, 'Bob asks'), action: 'accept' },
  '/requests/selected',
);
await alice.send('charlie', 'Alice writes');
await dora.send('alice', 'Dora asks');
await alice.submit('/account/blocked', { username: 'charlie' });
await charlie.send('alice', 'Charlie is blocked');
const file = await exportOf(app.url, alice);

test('account.json names the accepted and the blocked', async () => {
  const { contacts } = JSON.parse((await unzip(file)).get('account.json')!) as { contacts: object };
  expect(contacts).toEqual({ accepted: ['bob', 'charlie'], blocked: ['charlie'] });
});

test('on another site, an import blocks and accepts those who have these names there, and says whom it blocks', async () => {
  const [alice2, bob2, charlie2] = [
    await registered(other.url, 'alice'),
    await registered(other.url, 'bob'),
    await registered(other.url, 'charlie'),
  ];
  await charlie2.send('alice', 'Asked before the import');
  expect(await imported(alice2, file)).toBe('Imported 4 messages. 1 person is blocked, as in the file.');
  expect((await alice2.get('/account/import')).$('main').text()).toContain('charlie');
  await bob2.send('alice', 'From bob');
  await charlie2.send('alice', 'From charlie');
  expect(await copiesOf(other.pool, 'From bob')).toEqual(['alice inbox, unread', 'bob sent']);
  expect(await copiesOf(other.pool, 'From charlie')).toEqual(['alice blocked, unread', 'charlie sent']);
  expect(await copiesOf(other.pool, 'Asked before the import')).toEqual([
    'alice blocked, unread',
    'charlie sent',
  ]);
  // A request is an ordinary message there, and what was blocked stays so.
  expect(await copiesOf(other.pool, 'Dora asks')).toEqual(['alice inbox, unread again']);
  expect(await copiesOf(other.pool, 'Charlie is blocked')).toEqual(['alice blocked, unread again']);
  expect((await alice2.get('/sent')).$('[data-count]').text()).toBe('3');
});

test.each([
  '{"contacts": {"accepted": "bob", "blocked": 7}}',
  '{"contacts": {"accepted": [1], "blocked": ["x\\u0000", "nobody-here"]}}',
  `{"contacts": {"accepted": ["${'x'.repeat(31)}"]}}`,
  '{"contacts": null}',
])('a malformed list of contacts changes nothing: %s', async (account) => {
  const someone = await registered(other.url, `someone-${Math.random().toString(36).slice(2, 10)}`);
  const files = Object.fromEntries(await unzip(file));
  const answer = await imported(someone, await zipped({ ...files, 'account.json': account }));
  expect(answer).toBe('Imported 4 messages.');
  const { rowCount } = await other.pool.query(
    'select from contacts k join users u on u.id = k.owner_id where u.username = $1',
    [someone.username],
  );
  expect(rowCount).toBe(0);
});

test('importing into the same account changes nothing', async () => {
  expect(await imported(alice, file)).toContain('Nothing was imported');
  expect((await alice.get('/account/blocked')).$('.devices li')).toHaveLength(1);
  expect(await copiesOf(app.pool, 'Dora asks')).toEqual(['alice requests, unread', 'dora sent']);
});

// Search finds people by name, with how many messages they have, and says how many messages it found.
import { afterAll, beforeEach, expect, test } from 'vitest';
import { cast } from '../../support/cast.ts';
import { fillMailbox } from '../../support/mailboxes.ts';
import { registered, type Person } from '../../support/person.ts';
import { searchAddress } from './found.ts';

const { app, alice, bob, charlie } = await cast();
const dora = await registered(app.url, 'dora_unknown');
afterAll(() => app.close());
beforeEach(async () => {
  await app.pool.query('delete from messages; delete from conversations; delete from rate_limits');
  await charlie.submit('/account/name', { displayName: 'Zoë Müller-Berg' });
  await bob.send('alice', 'Cake on Saturday');
  for (const text of ['Cake again', 'About bob']) await charlie.send('alice', text);
  await alice.send('charlie', 'An answer');
});

async function search(q: string, person: Person = alice) {
  const page = await person.get(searchAddress(q));
  expect(page.status).toBe(200);
  const people = page
    .$('.people > li')
    .toArray()
    .map((row) => [page.$(row).find('a').attr('href'), page.$(row).find('.when').text()]);
  return { people, count: page.$('main p.note').text(), page };
}
const bobs = ['/with/bob', '1 message'];
const charlies = ['/with/charlie', '3 messages'];

test.each([
  ['bob', [bobs], '1 message'],
  ['cake', [], '2 messages'],
  ['char', [charlies], ''],
  ['zoe', [charlies], ''],
  ['ZOË cake', [charlies], ''],
  ['müll', [charlies], ''],
  ['berg or bob', [charlies, bobs], '1 message'],
  ['cake from:bob', [bobs], '1 message'],
  ['from:charlie', [charlies], '2 messages'],
  ['cake -bob', [], '2 messages'],
  ['ob', [], ''],
  ['dora', [], ''],
  ['b', [], ''],
  ['is:unread', [], '3 messages'],
  ['%', [], ''],
])('%s', async (q, people, count) => {
  const found = await search(q);
  expect([found.people, found.count]).toEqual([people, count]);
});

test('shows no person whom one has not written with, and to others nobody of alice’s', async () => {
  await bob.send('dora_unknown', 'Hello');
  expect((await search('dora')).people).toEqual([]);
  expect((await search('zoe', dora)).people).toEqual([]);
  expect((await search('bob', dora)).people).toEqual([['/with/bob', '1 message']]);
});

test('counts to a hundred, on the first page', async () => {
  await fillMailbox(app.pool, alice, bob, 99, { words: 1 });
  expect((await search('number')).count).toBe('99 messages');
  await fillMailbox(app.pool, alice, bob, 1, { from: '2025-02-01' });
  expect((await search('number')).count).toBe('100 messages');
  await fillMailbox(app.pool, alice, bob, 1, { from: '2025-03-01' });
  const { count, people, page } = await search('number bob');
  expect([people, count]).toEqual([[['/with/bob', 'More than 100 messages']], '']);
  const first = await search('number');
  expect(first.count).toBe('More than 100 messages');
  expect(first.page.$('.messages > li')).toHaveLength(25);
  const older = await alice.get(first.page.$('a[rel=next]').attr('href')!);
  expect([older.$('.messages > li').length, older.$('main p.note').text()]).toEqual([25, '']);
  expect(page.$('.messages')).toHaveLength(0);
});

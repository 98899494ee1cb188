// Blocking: what a blocked person writes lies in Blocked, where nothing counts it.
import { afterAll, beforeEach, expect, test } from 'vitest';
import { announce, deliver } from '../../../src/admin/announcements/announce.ts';
import { runCleanupJobs } from '../../../src/process/cleanup-jobs.ts';
import { cast } from '../../support/cast.ts';
import { findUntrueConversations } from '../../support/conversations.ts';
import { messagesOn } from '../../support/inbox.ts';
import { copiesOf, idOf, tokenOf } from '../../support/mailboxes.ts';
import { registered, type Person } from '../../support/person.ts';

const { app, reset, ...people } = await cast();
let { alice, bob, charlie } = people;
beforeEach(async () => ({ alice, bob, charlie } = await reset()));
afterAll(() => app.close());

const block = (person: Person, username: string) => person.submit('/account/blocked', { username });
const bodiesAt = async (person: Person, path: string) =>
  messagesOn(await person.get(path)).map(({ body }) => body);

test('what a blocked person writes is in Blocked alone: nothing lists, counts or finds it elsewhere', async () => {
  await alice.send('bob', 'Before the block');
  expect((await block(bob, 'alice')).headers.location).toBe('/account/blocked');
  await alice.send('bob', 'After the block');
  expect(await copiesOf(app.pool, 'After the block')).toEqual(['alice sent', 'bob blocked, unread']);

  expect(await bodiesAt(bob, '/blocked')).toEqual(['After the block']);
  expect(await bodiesAt(bob, '/inbox')).toEqual(['Before the block']);
  expect(await bodiesAt(bob, '/requests')).toEqual([]);
  expect(await bodiesAt(bob, '/search?q=block')).toEqual(['Before the block']);
  expect(await bodiesAt(bob, '/search?q=from:alice')).toEqual(['Before the block']);
  expect(await bodiesAt(bob, '/search?q=is:unread')).toEqual(['Before the block']);
  expect(await bodiesAt(bob, '/search?q=block in:blocked')).toEqual(['After the block']);
  expect(await bodiesAt(bob, '/search?q=from:alice in:blocked')).toEqual(['After the block']);
  const conversations = await bob.get('/conversations');
  expect(conversations.$('.messages .excerpt').text()).toBe('Before the block');
  expect(conversations.$('.messages .count').text()).toBe('1 unread');
  expect((await bob.get('/search?q=alice')).$('main').text()).toContain('1 message');
  expect((await bob.get('/with/alice')).$('.conversation .text').text()).toBe('Before the block');
  expect((await bob.get('/sent')).$('[data-count]').text()).toBe('0'); // read in the conversation
});

test('a message that is there can be looked at, moved to the inbox, and deleted with undo', async () => {
  await block(bob, 'alice');
  await alice.send('bob', 'See https://example.org/ first');
  await alice.send('bob', 'Second');
  const id = await idOf(app.pool, bob, 'See https://example.org/ first');
  const { $ } = await bob.get(`/messages/${id}`);
  expect($('.text').text()).toBe('See https://example.org/ first');
  expect($('.text a')).toHaveLength(0);

  const moved = await bob.submit(`/messages/${id}`, {}, `/blocked/${id}/move`);
  expect(moved.headers.location).toMatch(/^\/blocked/);
  expect(await bodiesAt(bob, '/inbox')).toEqual(['See https://example.org/ first']);
  expect((await bob.get('/conversations')).$('.excerpt').text()).toBe('See https://example.org/ first');

  const second = await idOf(app.pool, bob, 'Second');
  await bob.submit('/blocked', { ids: second, action: 'delete' }, '/blocked/selected');
  expect(await copiesOf(app.pool, 'Second')).toEqual(['alice sent', 'bob blocked in the trash, unread']);
  await bob.submit('/trash', {}, `/trash/${second}/restore`);
  expect(await bodiesAt(bob, '/blocked')).toEqual(['Second']);
  expect((await bob.get('/sent')).$('[data-count]').text()).toBe('0');
  expect(await findUntrueConversations(app.pool)).toEqual([]);
});

test('unblocking leaves what is in Blocked there; what comes later goes to the inbox', async () => {
  await bob.send('alice', 'Known to each other');
  await block(bob, 'alice');
  await alice.send('bob', 'Meanwhile');
  const list = await bob.get('/account/blocked');
  expect(list.$('.devices h2').text()).toBe('alice');
  const person = list.$('[name=person]').attr('value')!;
  await bob.submit('/account/blocked', { person }, '/account/blocked/end');
  await alice.send('bob', 'Afterwards');
  expect(await bodiesAt(bob, '/inbox')).toEqual(['Afterwards']);
  expect(await bodiesAt(bob, '/blocked')).toEqual(['Meanwhile']);
  expect((await bob.get('/account/blocked')).text).toContain('You have blocked nobody.');
});

test('Block stands on a received message and in a conversation; then Unblock stands there', async () => {
  await alice.send('bob', 'Here I am');
  const message = `/messages/${await idOf(app.pool, bob, 'Here I am')}`;
  for (const page of [message, '/with/alice']) {
    const before = await bob.get(page);
    expect(before.$('button:contains("Block alice")').attr('name')).toBe('username');
    const { headers } = await bob.submit(page, { username: 'alice' }, '/account/blocked');
    expect(headers.location).toBe(page === message ? '/inbox' : page);
    const after = await bob.get(page);
    const unblock = after.$('button:contains("Unblock alice")');
    expect(unblock).toHaveLength(1);
    await bob.submit(page, { person: unblock.attr('value')! }, '/account/blocked/end');
  }
});

test('two people may block each other', async () => {
  await block(bob, 'alice');
  await block(alice, 'bob');
  await alice.send('bob', 'From alice');
  await bob.send('alice', 'From bob');
  expect(await bodiesAt(bob, '/blocked')).toEqual(['From alice']);
  expect(await bodiesAt(alice, '/blocked')).toEqual(['From bob']);
});

test('to write to a blocked person does not end the block', async () => {
  await block(bob, 'alice');
  await bob.send('alice', 'One last word');
  await alice.send('bob', 'And mine');
  expect(await bodiesAt(bob, '/blocked')).toEqual(['And mine']);
});

test.each([
  ['alice', 422, 'You cannot block yourself.'],
  ['nobody-here', 422, 'Nobody here has that username.'],
  ['', 422, 'Please enter a username.'],
])('the name “%s” is refused beside the field', async (username, status, error) => {
  const answer = await block(alice, username);
  expect(answer.status).toBe(status);
  expect(answer.$('#username-error').text()).toContain(error);
  expect(answer.$('#username').attr('value')).toBe(username);
});

test('blocking twice is one block, and an unknown person cannot be unblocked', async () => {
  await block(bob, 'alice');
  await block(bob, '@Alice');
  expect((await bob.get('/account/blocked')).$('.devices li')).toHaveLength(1);
  for (const person of ['no id', '0195d9a0-7c4c-7000-8000-000000000000'])
    expect((await bob.post('/account/blocked/end', { ...(await tokenOf(bob)), person })).status).toBe(303);
  expect((await bob.get('/account/blocked')).$('.devices li')).toHaveLength(1);
});

test('no process is notified of a blocked message', async () => {
  await block(bob, 'alice');
  const { rows } = await app.pool.query<{ id: string }>(`select id from users where username = 'bob'`);
  const client = await app.pool.connect();
  const heard: string[] = [];
  client.on('notification', ({ payload }) => heard.push(payload ?? ''));
  await client.query('listen mailboxes');
  await alice.send('bob', 'Not announced');
  await alice.send('charlie', 'Announced');
  await expect.poll(() => heard.length).toBeGreaterThan(0);
  await charlie.send('bob', 'Announced to bob');
  await expect.poll(() => heard.filter((payload) => payload.includes(rows[0]!.id))).toHaveLength(1);
  client.release(true);
});

test('announcements reach a person who has blocked the administrator', async () => {
  await app.pool.query(`update users set admin_since = now() where username = 'alice'`);
  await block(bob, 'alice');
  const { rows } = await app.pool.query<{ id: string }>(`select id from users where username = 'alice'`);
  const { id } = await announce(app.appPool, rows[0]!.id, 'To everybody');
  await deliver(app.appPool, id, () => {});
  expect(await bodiesAt(bob, '/inbox')).toContain('To everybody');
});

test('what is in Blocked is permanently deleted after 30 days', async () => {
  await block(bob, 'alice');
  await alice.send('bob', 'Old by then');
  const day = 24 * 60 * 60 * 1000;
  await runCleanupJobs(app.appPool, Date.now() + 29.9 * day);
  expect(await copiesOf(app.pool, 'Old by then')).toEqual(['alice sent', 'bob blocked, unread']);
  await runCleanupJobs(app.appPool, Date.now() + 30.1 * day);
  expect(await copiesOf(app.pool, 'Old by then')).toEqual(['alice sent']);
});

test('a deleted account takes its own blocks with it; a block of it can still be ended', async () => {
  const dora = await registered(app.url, 'dora');
  await block(dora, 'bob');
  await block(bob, 'dora');
  await dora.submit('/account/delete', { password: dora.password });
  const { rows } = await app.pool.query('select from contacts');
  expect(rows).toHaveLength(1);
  const list = await bob.get('/account/blocked');
  expect(list.$('.devices h2').text()).toBe('deleted account');
  const person = list.$('[name=person]').attr('value')!;
  await bob.submit('/account/blocked', { person }, '/account/blocked/end');
  expect((await bob.get('/account/blocked')).$('.devices li')).toHaveLength(0);
});

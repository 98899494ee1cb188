// GET /conversations: one row for each person.
import { afterAll, beforeEach, expect, test } from 'vitest';
import { newId } from '../../../src/ids.ts';
import { cast } from '../../support/cast.ts';
import { fillConversations } from '../../support/conversations.ts';
import { copiesOf, fillMailbox, idOf } from '../../support/mailboxes.ts';
import { registered, stranger, type Answer } from '../../support/person.ts';

const { app, alice, bob, charlie } = await cast();
beforeEach(() => app.pool.query('delete from messages; delete from conversations; delete from drafts'));
afterAll(() => app.close());

/** Each row like "bob (2 unread): You: Hello". */
const rows = ({ $ }: Answer) =>
  $('.messages > li')
    .toArray()
    .map((row) =>
      `${$(row).find('.from').text()}: ${$(row).find('.excerpt').text()}`.replaceAll(/\s+/g, ' '),
    );

test('shows each person once, who wrote last first, with the last message and the unread count', async () => {
  await alice.send('bob', 'One');
  await charlie.send('alice', 'Two');
  await charlie.send('alice', 'Three');
  await bob.send('alice', 'Four');
  await alice.send('bob', 'Five');
  await alice.send('alice', 'Six');
  const page = await alice.get('/conversations');
  expect(rows(page)).toEqual(['alice 1 unread: Six', 'bob 1 unread: You: Five', 'charlie 2 unread: Three']);
  expect(page.$('.messages a').first().attr('href')).toBe('/with/alice');
  expect(page.$('nav [aria-current=page]').text()).toBe('Conversations');
  expect(rows(await bob.get('/conversations'))).toEqual(['alice 2 unread: Five']);
  expect((await copiesOf(app.pool, 'Four'))[0]).toBe('alice inbox, unread'); // nothing was read
});

test('shows display names beside usernames, as the conversation does', async () => {
  await bob.submit('/account/name', { displayName: 'Robert Müller' });
  await bob.send('alice', 'Hello');
  const page = await alice.get('/conversations');
  expect(page.$('.from bdi').text()).toBe('Robert Müller');
  expect(page.$('.from .username').text()).toBe('bob');
  expect(page.$('.messages a').attr('href')).toBe('/with/bob');
  expect((await alice.get('/with/bob')).$('h1').text()).toBe('RM With Robert Müller bob');
  await bob.submit('/account/name', { displayName: '' });
});

test('without any, says so', async () => {
  expect((await alice.get('/conversations')).$('.empty').text()).toContain('No conversations yet.');
});

test('the unread count is capped, and leaves out the trash', async () => {
  await fillMailbox(app.pool, alice, bob, 120, { isUnread: true });
  expect(rows(await alice.get('/conversations'))[0]).toContain('bob 99+ unread');
  await app.pool.query('update unread set is_quiet = true');
  expect(rows(await alice.get('/conversations'))[0]).toContain('bob:');
});

test('a deleted account keeps its row, which leads to the last message', async () => {
  const dora = await registered(app.url, `dora-${Date.now() % 100_000}`);
  await dora.send('alice', 'Farewell');
  await dora.submit('/account/delete', { password: dora.password });
  const page = await alice.get('/conversations');
  expect(rows(page)).toEqual(['deleted account 1 unread: Farewell']);
  const address = page.$('.messages a').attr('href')!;
  expect(address).toBe(`/messages/${await idOf(app.pool, alice, 'Farewell')}`);
  expect((await alice.get(address)).$('.text').text()).toBe('Farewell');
});

test('its pages have everybody once, in both directions', async () => {
  await app.pool.query(
    `insert into users (id, username, password_hash) select gen_random_uuid(), 'person-' || n, '' from generate_series(1, 60) n
     on conflict do nothing`,
  );
  for (let number = 1; number <= 60; number += 1) {
    await app.pool.query(
      `insert into messages (owner_id, id, box, other_id, body, sent_at)
       select (select id from users where username = 'alice'), $1, 'inbox', id, 'Hello', now() from users where username = $2`,
      [newId(new Date(Date.now() - number * 60_000)), `person-${number}`],
    );
  }
  await fillConversations(app.pool);
  const seen: string[] = [];
  const sizes: number[] = [];
  let last = '/conversations';
  for (let next: string | undefined = last; next;) {
    const page: Answer = await alice.get(next);
    seen.push(...rows(page).map((row) => row.split(':')[0]!.trim()));
    sizes.push(rows(page).length);
    last = next;
    next = page.$('a[rel=next]').attr('href');
  }
  expect(sizes).toEqual([25, 25, 10]);
  expect(seen).toEqual(Array.from({ length: 60 }, (_, index) => `person-${index + 1}`));
  const back = await alice.get((await alice.get(last)).$('a[rel=prev]').attr('href')!);
  expect(rows(back)).toHaveLength(25);
  expect(rows(back)[0]).toContain('person-26');
  expect(rows(await alice.get(back.$('a[rel=prev]').attr('href')!))[0]).toContain('person-1:');
});

test('the ladder: signed out to the login, other methods and malformed places refused, nothing of others', async () => {
  await bob.send('charlie', 'Secret words');
  const answer = await stranger(app.url).get('/conversations');
  expect([answer.status, answer.headers.location]).toEqual([303, '/login?next=%2Fconversations']);
  for (const method of ['put', 'patch', 'delete', 'post'] as const)
    expect([403, 405]).toContain((await alice.ask(method, '/conversations')).status);
  for (const place of ['before=1', 'before=', 'after=x', 'before[]=1', 'after=%27--'])
    expect([place, (await alice.get(`/conversations?${place}`)).status]).toEqual([place, 400]);
  expect((await alice.get('/conversations?before=%FF')).status).toBe(400);
  expect((await alice.get('/conversations')).text).not.toContain('Secret words');
  expect((await alice.get('/conversations/more')).status).toBe(404);
});

// Changes in one's own mailbox notify one's other open pages; requests without a change do not.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { startApp } from '../../support/app.ts';
import { cast } from '../../support/cast.ts';
import { copiesOf, idOf, tokenOf } from '../../support/mailboxes.ts';
import { at } from '../../support/person.ts';
import { listenToNotices, openStream, type OpenPage } from './listening.ts';

const { app, alice, bob } = await cast();
const second = await startApp({}, app.databaseUrl);
const token = await tokenOf(alice);
beforeEach(() => app.pool.query('delete from messages'));
afterAll(() => Promise.all([app.close(), second.close()]));

/** A page of Alice's with a list, in the other process, that has heard how things stand. */
async function openList(list = 'messages', person = alice): Promise<OpenPage> {
  const page = await openStream(second.url, at(second.url, person), { list, at: String(Date.now()) });
  onTestFinished(() => page.close());
  await page.hears({});
  return page;
}

async function received(body: string): Promise<string> {
  await bob.send('alice', body);
  return idOf(app.pool, alice, body, 'inbox');
}

const undo = async () => {
  const { rows } = await app.pool.query<{ at: Date }>(
    'select trashed_at as at from messages where trashed_at is not null',
  );
  return alice.post('/trash/undo', { ...token, at: rows[0]!.at.toISOString() });
};

interface Act {
  name: string;
  /** What has to be the case before, by the id of an unread message in the inbox. */
  before?: (id: string) => Promise<unknown>;
  act: (id: string) => Promise<{ status: number }>;
  unread: number;
}
const trashed = (id: string) => alice.post(`/messages/${id}/delete`, token);
const read = (id: string) => alice.get(`/messages/${id}`);
const acts: Act[] = [
  { name: 'reading a message', act: read, unread: 0 },
  { name: 'reading a conversation', act: () => alice.get('/with/bob'), unread: 0 },
  { name: 'reading in the trash', before: trashed, act: (id) => alice.get(`/trash/${id}`), unread: 0 },
  { name: 'marking as unread', before: read, act: (id) => alice.post(`/messages/${id}/unread`, token), unread: 1 },
  { name: 'marking what is selected', act: (ids) => alice.post('/messages/selected', { ...token, ids, action: 'read' }), unread: 0 },
  { name: 'marking all read', act: (upTo) => alice.post('/messages/read', { ...token, upTo }), unread: 0 },
  { name: 'deleting', act: trashed, unread: 0 },
  { name: 'deleting what is selected', act: (ids) => alice.post('/messages/selected', { ...token, ids, action: 'delete' }), unread: 0 },
  { name: 'deleting everything older', act: () => alice.post('/inbox/older', { ...token, than: '2099-01-01' }), unread: 0 },
  { name: 'restoring', before: trashed, act: (id) => alice.post(`/trash/${id}/restore`, token), unread: 1 },
  { name: 'undoing', before: trashed, act: undo, unread: 1 },
  { name: 'deleting permanently', before: trashed, act: (id) => alice.post(`/trash/${id}/delete`, token), unread: 0 },
  { name: 'emptying the trash', before: trashed, act: () => alice.post('/trash/empty', token), unread: 0 },
  { name: 'sending', act: () => alice.send('bob', 'From elsewhere'), unread: 1 },
]; // prettier-ignore

test.each(acts)('$name notifies every other page with a list', async ({ before, act, unread }) => {
  const id = await received('Hello');
  await before?.(id);
  await sleep(50); // the notification of the message itself
  const page = await openList();
  expect((await act(id)).status).toBeLessThan(400);
  await page.hears({ unread, isStale: true });
});

test('taking a message back notifies both sides', async () => {
  await alice.send('bob', 'Too early');
  const [own, other] = [await openList(), await openList('messages', bob)];
  await alice.post(`/messages/${await idOf(app.pool, alice, 'Too early', 'sent')}/unsend`, token);
  await own.hears({ isStale: true });
  await other.hears({ isStale: true });
  expect(await copiesOf(app.pool, 'Too early')).toEqual([]);
});

test('a new message is announced and does not change the shown list', async () => {
  const page = await openList();
  await bob.send('alice', 'Hello');
  await page.hears({ unread: 1, isStale: false });
});

test('drafts concern only the list of drafts; sending one concerns both', async () => {
  const [drafts, messages] = [await openList('drafts'), await openList()];
  const form = { ...(await alice.hidden('/send')), recipient: 'bob', body: 'Begun' };
  await alice.post('/drafts', form);
  await drafts.hears({ isStale: true });
  await messages.hears({ isStale: false });
  await alice.post('/send', form);
  await drafts.hears({ isStale: true });
  await messages.hears({ isStale: true });
});

describe('a page that opens its stream after a change', () => {
  const stateFor = async (list: string, madeAt: number) => {
    const page = await openStream(app.url, alice, { list, at: String(madeAt) });
    onTestFinished(() => page.close());
    await page.hears({});
    return page.news()[0]!.isStale;
  };

  test('knows whether the change came before or after its list was read', async () => {
    const before = Date.now();
    await sleep(5);
    await alice.post('/messages/read', { ...token, upTo: 'ffffffff-ffff-ffff-ffff-ffffffffffff' });
    await sleep(5);
    const after = Date.now();
    await sleep(100);
    expect(await stateFor('messages', before)).toBe(true);
    expect(await stateFor('messages', after)).toBe(false);
  });

  test('reloads if the change was long ago, in the future, or while nothing listened', async () => {
    const now = Date.now();
    expect(await stateFor('messages', now)).toBe(false);
    expect(await stateFor('messages', now - 3_600_000)).toBe(true);
    expect(await stateFor('messages', now + 3_600_000)).toBe(true);
    await app.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = 'private-messages notifier' and datname = current_database()`,
    );
    await sleep(2000);
    expect(await stateFor('messages', now)).toBe(true);
  });
});

describe('no notification is caused', () => {
  async function listen(): Promise<string[]> {
    const told = await listenToNotices(app.databaseUrl);
    await sleep(100); // the notifications of others
    told.splice(0);
    return told;
  }

  test('by a page that changes nothing', async () => {
    const id = await received('Hello');
    await read(id);
    await alice.send('bob', 'Answer');
    const sent = await idOf(app.pool, alice, 'Answer', 'sent');
    await bob.send('alice', 'In the trash');
    const gone = await idOf(app.pool, alice, 'In the trash', 'inbox');
    await trashed(gone);
    await alice.get(`/trash/${gone}`);
    const told = await listen();
    const lists = [
      '/inbox',
      '/sent',
      '/drafts',
      '/trash',
      '/search?q=hello',
      '/send',
      '/with/bob',
      '/account',
    ];
    const others = [`/messages/${id}`, `/messages/${sent}`, `/trash/${gone}`, '/inbox/older?than=2099-01-01'];
    for (const path of [...lists, ...others]) expect((await alice.get(path)).status).toBe(200);
    await sleep(200);
    expect(told).toEqual([]);
  });

  test('by a refused form or a form about the account', async () => {
    const told = await listen();
    expect((await alice.post(`/messages/${crypto.randomUUID()}/delete`, token)).status).toBe(404);
    expect((await alice.post('/messages/selected', { ...token, action: 'nonsense' })).status).toBe(422);
    expect((await alice.post('/messages/read', { upTo: crypto.randomUUID() })).status).toBe(403);
    expect((await alice.submit('/account/second-factor')).status).toBe(303);
    await sleep(200);
    expect(told).toEqual([]);
  });
});

test('a background fetch marks nothing as read, and leaves the flash line for the next page', async () => {
  await bob.send('alice', 'Unopened');
  const id = await idOf(app.pool, alice, 'Unopened', 'inbox');
  await alice.post('/messages/selected', { ...token, ids: id, action: 'unread' }); // leaves a flash line
  const refreshed = await alice.ask('get', '/with/bob', { 'X-Refresh': '1', Cookie: alice.cookies() });
  expect(refreshed.$('.flash').length).toBe(0);
  expect(await copiesOf(app.pool, 'Unopened')).toContain('alice inbox, unread');
  expect((await alice.get('/inbox')).$('.flash').text()).toContain('already unread');
});

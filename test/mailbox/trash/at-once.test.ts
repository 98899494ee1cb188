// Concurrent actions in two windows of one user: no deadlock, and nothing is lost.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp } from '../../support/app.ts';
import { cast } from '../../support/cast.ts';
import { findUntrueConversations } from '../../support/conversations.ts';
import { press } from '../../support/forms.ts';
import { patient, watchDeadlocks } from '../../support/locks.ts';
import { fillMailbox, tokenOf } from '../../support/mailboxes.ts';
import { at, type Answer, type Fields, type Person } from '../../support/person.ts';

let windows: Person[];
let token: Fields;
let ids: string[];
const { log, deadlocks } = watchDeadlocks();
const { app, alice, bob } = await cast({}, { address: patient, log });
const other = await startApp({}, app.databaseUrl, log);
beforeAll(async () => {
  windows = [alice, at(other.url, alice)];
  token = await tokenOf(alice);
  await fillMailbox(app.pool, alice, bob, 40, { isUnread: true });
  const { rows } = await app.pool.query<{ id: string }>('select id from messages order by random()');
  ids = rows.map(({ id }) => id);
});
afterAll(async () => {
  await other.close();
  await app.close();
});

test('forty rounds of concurrent deleting, restoring, marking and undoing of the same messages', async () => {
  const select = (person: Person, path: string, action: string, chosen: string[]): Promise<Answer> => {
    const fields = new URLSearchParams({ ...token, action });
    for (const id of chosen) fields.append('ids', id);
    return press(person, path, fields.toString());
  };
  for (let round = 0; round < 40; round += 1) {
    const [one, two] = round % 2 ? [windows[0]!, windows[1]!] : [windows[1]!, windows[0]!];
    const there = ids.toSpliced(round % 40, 1);
    const back = there.toReversed();
    const answers = await Promise.all([
      select(one, '/messages/selected', 'delete', there),
      select(two, '/messages/selected', 'delete', back),
      press(two, '/inbox/older', { ...token, than: '2026-01-01' }),
      select(one, '/trash/selected', 'restore', back),
      select(two, '/trash/selected', 'restore', there),
      select(two, '/messages/selected', 'read', there.slice(0, 20)),
      select(one, '/messages/selected', 'unread', back),
      press(one, '/trash/undo', { ...token, at: new Date().toISOString() }),
    ]);
    for (const { status } of answers) expect(status).toBe(303);
  }
  expect(deadlocks()).toBe(0);
  expect((await app.pool.query('select from messages')).rowCount).toBe(40);
  expect(await findUntrueConversations(app.pool)).toEqual([]);
});

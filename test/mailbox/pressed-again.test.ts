// A button pressed again reports the current state.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { cast } from '../support/cast.ts';
import type { Answer } from '../support/person.ts';

const { app, alice, bob } = await cast();
const token = (await alice.hidden('/inbox', '/logout'))._csrf!;
beforeEach(() => app.pool.query('delete from messages'));
afterAll(() => app.close());

/** So many messages of alice to herself; their ids in a box. */
async function messages(count: number, box = 'inbox'): Promise<string[]> {
  for (let n = 0; n < count; n += 1) await alice.send('alice', `Message ${n}`);
  const { rows } = await app.pool.query<{ id: string }>(
    'select id from messages where box = $1 order by id',
    [box],
  );
  return rows.map(({ id }) => id);
}
const post = (path: string, fields: [string, string][] = []): Promise<Answer> =>
  alice.post(path, new URLSearchParams([['_csrf', token], ['confirmed', 'yes'], ...fields]).toString());
async function lineAfter(answer: Answer): Promise<string> {
  expect(answer.status).toBe(303);
  return (await alice.get(answer.headers.location!)).$('.flash [role=status]').text();
}
const bulk = async (path: string, action: string, ids: string[]) =>
  lineAfter(await post(path, [['action', action], ...ids.map((id): [string, string] => ['ids', id])]));

describe.each([
  ['/messages/selected', 'delete', 'already deleted'],
  ['/messages/selected', 'read', 'already read'],
  ['/messages/selected', 'unread', 'already unread'],
  ['/trash/selected', 'restore', 'already restored'],
  ['/trash/selected', 'forever', 'already deleted permanently'],
])('%s, %s, pressed twice', (path, action, words) => {
  test(`says "${words}"`, async () => {
    const ids = await messages(3);
    if (path.startsWith('/trash')) await bulk('/messages/selected', 'delete', ids);
    if (action === 'unread') await bulk(path, 'read', ids);
    const [first, ...others] = ids;
    expect(await bulk(path, action, [first!])).not.toContain('already');
    expect(await bulk(path, action, [first!])).toBe(`This message was ${words}.`);
    expect(await bulk(path, action, ids)).toMatch(/\b2\b.*\.$/);
    expect(await bulk(path, action, ids)).toBe(`These 3 messages were ${words}.`);
    expect(await bulk(path, action, others)).toBe(`These 2 messages were ${words}.`);
    expect(await bulk(path, action, [first!, first!])).toBe(`This message was ${words}.`);
    expect(await bulk(path, action, [])).toBe('No message was selected.');
  });
});

test('other possible states are mentioned too', async () => {
  const [sent] = await messages(1, 'sent');
  expect(await bulk('/messages/selected', 'unread', [sent!])).toBe(
    'This message was sent by you, which cannot be unread.',
  );
  expect(await bulk('/trash/selected', 'forever', [sent!])).toBe(
    'This message was not in the trash any more.',
  );
  await bulk('/messages/selected', 'delete', [sent!]);
  for (const action of ['read', 'unread'])
    expect(await bulk('/messages/selected', action, [sent!])).toBe('This message was already deleted.');
});

test('another user’s message answers 404', async () => {
  await bob.send('bob', 'Secret');
  const { rows } = await app.pool.query<{ id: string }>('select id from messages');
  for (const { id } of rows) {
    expect(await bulk('/messages/selected', 'delete', [id])).toBe(
      'This message was already deleted permanently.',
    );
    for (const path of [
      '/messages/ID/delete',
      '/messages/ID/unread',
      '/trash/ID/restore',
      '/trash/ID/delete',
    ])
      expect((await post(path.replace('ID', id))).status).toBe(404);
  }
  expect((await app.pool.query('select from messages where trashed_at is null')).rowCount).toBe(2);
});

test('the buttons of a message say it too', async () => {
  const [id] = await messages(1);
  const refused = async (path: string) => {
    const answer = await post(path.replace('ID', id!));
    expect(answer.status).toBe(404);
    return answer.text;
  };
  const press = async (path: string) => lineAfter(await post(path.replace('ID', id!)));
  expect(await press('/messages/ID/unread')).toBe('This message was already unread.');
  expect(await press('/messages/ID/delete')).toBe('Deleted your copy.');
  expect(await refused('/messages/ID/delete')).toContain('already deleted: it is in the trash');
  expect(await press('/trash/ID/restore')).toBe('Restored.');
  expect(await refused('/trash/ID/restore')).toContain('not in the trash (any more)');
  expect(await refused('/trash/ID/delete')).toContain('not in the trash (any more)');
  await press('/messages/ID/delete');
  expect(await press('/trash/ID/delete')).toBe('Deleted permanently.');
  for (const path of ['/messages/ID/delete', '/messages/ID/unread', '/trash/ID/restore', '/trash/ID/delete'])
    expect((await post(path.replace('ID', id!))).status).toBe(404);
});

test('the buttons for all messages say it too', async () => {
  const [id] = await messages(2);
  const allRead = async () =>
    lineAfter(await post('/messages/read', [['upTo', 'ffffffff-ffff-ffff-ffff-ffffffffffff']]));
  expect(await allRead()).toBe('2 messages marked as read.');
  expect(await allRead()).toBe('All messages were already read.');
  const older = async () => lineAfter(await post('/inbox/older', [['than', '2100-01-01']]));
  expect(await older()).toBe('2 messages moved to the trash.');
  expect(await older()).toContain('already deleted');
  await post('/trash/ID/restore'.replace('ID', id!));
  const at = new Date().toISOString();
  await app.pool.query('update messages set trashed_at = $1', [at]);
  const undo = async () => lineAfter(await post('/trash/undo', [['at', at]]));
  expect(await undo()).toBe('4 messages restored.');
  expect(await undo()).toBe('This was already undone, or is deleted permanently.');
  await app.pool.query('update messages set trashed_at = $1', [at]);
  const empty = async () => lineAfter(await post('/trash/empty'));
  expect(await empty()).toBe('4 messages deleted permanently.');
  expect(await empty()).toBe('The trash was already empty.');
});

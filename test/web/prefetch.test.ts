// Prefetched and previewed pages change nothing.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cast } from '../support/cast.ts';
import { statementsOf } from '../support/statements.ts';
import type { Fields } from '../support/person.ts';

let id: string;
let trashed: string;
const { app, alice, bob } = await cast();
beforeAll(async () => {
  for (const body of ['One', 'Two']) await bob.send('alice', body);
  const { rows } = await app.pool.query<{ id: string }>(
    `select id from messages where box = 'inbox' order by id`,
  );
  [id, trashed] = rows.map((row) => row.id) as [string, string];
  await alice.submit('/inbox', {}, `/messages/${trashed}/delete`);
  await alice.get('/inbox'); // takes the line away
});
afterAll(() => app.close());

const ahead: Fields[] = [
  { 'X-Moz': 'prefetch' },
  { 'x-moz': 'PREFETCH' },
  { 'X-Purpose': 'preview' },
  { 'X-Purpose': 'Preview' },
  { Purpose: 'prefetch' },
  { Purpose: 'Preview' },
  { 'Sec-Purpose': 'prefetch' },
  { 'Sec-Purpose': 'Prefetch;Anonymous-Client-IP' },
  { 'Sec-Purpose': 'prefetch;prerender' },
  { 'Sec-Purpose': 'PRERENDER' },
  { 'Sec-Purpose': 'other', 'X-Moz': 'prefetch' },
];

test.each(ahead)('%j marks nothing as read and keeps the flash line for the next page', async (headers) => {
  const unread = async () => (await app.pool.query('select from unread')).rowCount;
  expect(await unread()).toBe(2);
  // The session is due to be renewed, and a line waits for the next page.
  await app.pool.query(`update sessions set sess = jsonb_set(sess, '{seenAt}', '1')`);
  await alice.submit('/inbox', { ids: '' }, '/messages/selected').catch(() => undefined);
  for (const path of [`/messages/${id}`, `/trash/${trashed}`, '/with/bob', '/inbox', '/send']) {
    let status = 0;
    const texts = await statementsOf(app.appPool, async () => {
      const answer = await alice.ask('get', path, headers);
      status = answer.status;
      expect(answer.get('Set-Cookie')).toBeUndefined();
    });
    expect(status, path).toBe(200);
    for (const text of texts) expect(text, path).toMatch(/^\s*(select|with)/i);
  }
  expect(await unread()).toBe(2);
});

test('a message opened by a person is read, whatever else the browser sends', async () => {
  await alice.ask('get', `/messages/${id}`, {
    'Sec-Purpose': 'fetch',
    Purpose: 'navigate',
    'X-Moz': 'prefetcher',
  });
  expect((await app.pool.query('select from unread where id = $1', [id])).rowCount).toBe(0);
});

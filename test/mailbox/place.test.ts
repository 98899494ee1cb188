// After a change, a list is shown again at its place: the fragment of the redirect names a row.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { anchorOf } from '../../src/web/anchors.ts';
import { cast } from '../support/cast.ts';
import { idOf } from '../support/mailboxes.ts';
import type { Answer, Fields } from '../support/person.ts';

const { app, alice, bob } = await cast();
afterAll(() => app.close());

const texts = ['one', 'two', 'three', 'four', 'five'];
let ids: string[] = []; // newest first, as in the list
beforeEach(async () => {
  await app.pool.query('delete from messages');
  for (const text of texts) await alice.send('bob', text);
  ids = await Promise.all(texts.toReversed().map((text) => idOf(app.pool, bob, text)));
});

const placeAfter = ({ headers }: Answer) =>
  ids.findIndex((id) => String(headers.location).endsWith(`#${anchorOf(id)}`));

async function select(action: string, rows: number[], page = '/inbox', more: Fields = {}): Promise<Answer> {
  const path = page === '/trash' ? '/trash/selected' : '/messages/selected';
  const fields = new URLSearchParams({ ...(await bob.hidden(page, path)), action, ...more });
  for (const row of rows) fields.append('ids', ids[row]!);
  return bob.post(path, fields.toString());
}

test('every row of the page is where a fragment can lead', async () => {
  const { $ } = await bob.get('/inbox');
  const anchors = $('.messages > li').toArray().map((row) => $(row).attr('id')); // prettier-ignore
  expect(anchors).toEqual(ids.map(anchorOf));
});

describe('Delete of a row leads to the row below', () => {
  test.each([
    ['the first', 0, 1],
    ['one in the middle', 2, 3],
    ['the last, to the one above', 4, 3],
  ])('%s', async (_, row, place) => {
    expect(placeAfter(await bob.submit('/inbox', {}, `/messages/${ids[row]}/delete`))).toBe(place);
  });

  test('on the page of the message', async () => {
    const page = `/messages/${ids[2]}`;
    expect(placeAfter(await bob.submit(page, {}, `${page}/delete`))).toBe(3);
  });

  test('in the trash, and when messages are taken back', async () => {
    await select('delete', [0, 1, 2]);
    expect(placeAfter(await bob.submit('/trash', {}, `/trash/${ids[0]}/restore`))).toBe(1);
    expect(placeAfter(await bob.submit('/trash', {}, `/trash/${ids[1]}/delete`))).toBe(2);
    const sent = await idOf(app.pool, alice, 'three');
    const below = await idOf(app.pool, alice, 'two');
    const answer = await alice.submit('/sent', {}, `/messages/${sent}/unsend`);
    expect(answer.headers.location).toBe(`/sent#${anchorOf(below)}`);
  });
});

test.each([
  ['delete', [1, 2], 3],
  ['delete', [0, 2], 1],
  ['delete', [3, 4], 2],
  ['delete', [0, 1, 2, 3, 4], -1],
  ['read', [1, 3], 1],
  ['unread', [2], 2],
  ['delete', [], -1],
])('the bar: %s of the rows %j leads to %i', async (action, rows, place) => {
  expect(placeAfter(await select(action, rows))).toBe(place);
});

test('Undo leads to the newest message it restores', async () => {
  await select('delete', [1, 3]);
  expect(placeAfter(await bob.submit('/inbox', {}, '/trash/undo'))).toBe(1);
});

test.each([['x'], ['#evil'], [',,,,'], ['m'.repeat(100_000)], ['"><script>']])(
  'an order that no page sends leads to the list: %.20s',
  async (order) => {
    expect((await select('delete', [0], '/inbox', { order })).headers.location).toBe('/inbox');
  },
);

test('a neighbor that no page names is not put into the address', async () => {
  const order = `${anchorOf(ids[0]!)},evil`;
  expect((await select('delete', [0], '/inbox', { order })).headers.location).toBe('/inbox');
});

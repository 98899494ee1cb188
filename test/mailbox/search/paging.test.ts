// Paging through search results: each message once, in both directions.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asOwner } from '../../../src/database/owner.ts';
import { highestId, newId } from '../../../src/ids.ts';
import { searchAfter, searchBefore } from '../../../src/mailbox/search/queries.ts';
import { readSearch } from '../../../src/mailbox/search/search-words.ts';
import { cast } from '../../support/cast.ts';
import { registered, type Answer } from '../../support/person.ts';
import { addMessage, linkOn, searchAddress, textsOn } from './found.ts';

const { app, alice, bob } = await cast();
beforeAll(async () => {
  // 60 with cake among 600 without, one each six hours: a search goes from one window of fifty days to the next.
  for (let n = 1; n <= 660; n += 1) {
    const text = n % 11 === 0 ? `Cake number ${n / 11}` : `Bread ${n}`;
    await addMessage(app.pool, bob, 'alice', text, new Date(Date.UTC(2026, 0, 1, 6 * n)).toISOString());
  }
});
afterAll(() => app.close());

const cakes = (from: number, to: number) =>
  Array.from({ length: from - to + 1 }, (_, i) => `Cake number ${from - i}`);

async function follow(page: Answer, name: 'Newer' | 'Older'): Promise<Answer> {
  const address = linkOn(page, name)!;
  expect(address).toMatch(/^\/search\?q=.*&(before|after)=[0-9a-f-]{36}$/);
  return alice.get(address);
}

test.each(['cake', '"cake number"', 'cake from:bob -bread', 'in:inbox -bread', 'number or cake'])(
  'sixty hits of %s are on three pages, newest first, linked in both directions',
  async (q) => {
    const first = await alice.get(searchAddress(q));
    expect(textsOn(first)).toEqual(cakes(60, 36));
    expect(linkOn(first, 'Newer')).toBeUndefined();
    const second = await follow(first, 'Older');
    expect(textsOn(second)).toEqual(cakes(35, 11));
    const third = await follow(second, 'Older');
    expect(textsOn(third)).toEqual(cakes(10, 1));
    expect(linkOn(third, 'Older')).toBeUndefined();
    expect(third.$('#q').attr('value')).toBe(q);

    const back = await follow(third, 'Newer');
    expect(textsOn(back)).toEqual(cakes(35, 11));
    const start = await follow(back, 'Newer');
    expect(textsOn(start)).toEqual(cakes(60, 36));
    expect(linkOn(start, 'Newer')).toBeUndefined();
    expect(textsOn(await follow(start, 'Older'))).toEqual(cakes(35, 11));
  },
);

test('exactly 25 hits are one page, 26 are two', async () => {
  const page = (days: string) => alice.get(searchAddress(`cake ${days}`));
  const { rows } = await app.pool.query<{ id: string }>(
    `select id from messages where body like 'Cake%' and box = 'inbox' order by id desc`,
  );
  const whole = await alice.get(`${searchAddress('cake')}&before=${rows[34]!.id}`);
  expect(textsOn(whole)).toEqual(cakes(25, 1));
  expect(linkOn(whole, 'Older')).toBeUndefined();
  const more = await alice.get(`${searchAddress('cake')}&before=${rows[33]!.id}`);
  expect(textsOn(more)).toEqual(cakes(26, 2));
  expect(linkOn(more, 'Older')).toBeDefined();
  expect(linkOn(await page('before:2020-01-01'), 'Older')).toBeUndefined();
});

test('a cursor outside of the requested days changes only the position', async () => {
  const address = searchAddress('cake after:2025-12-31 before:2026-07-01');
  const { rows } = await app.pool.query<{ id: string }>('select id from messages order by id');
  const [oldest, newest] = [rows[0]!.id, highestId];
  expect(textsOn(await alice.get(`${address}&before=${oldest}`))).toEqual([]);
  expect(textsOn(await alice.get(`${address}&before=${newest}`))).toEqual(cakes(60, 36));
  expect(textsOn(await alice.get(`${searchAddress('cake before:2026-01-01')}&before=${newest}`))).toEqual([]);
  expect(textsOn(await alice.get(`${searchAddress('cake after:2026-06-30')}&after=${oldest}`))).toEqual([]);
});

test('an empty page leads back', async () => {
  const { rows } = await app.pool.query<{ id: string }>('select id from messages order by id limit 1');
  const empty = await alice.get(`${searchAddress('cake')}&before=${rows[0]!.id}`);
  expect(empty.text).toContain('Nothing found');
  expect(linkOn(empty, 'Newer')).toBe('/search?q=cake');
});

/** For a new person with messages of these ids: the ids of what is found from a place on. */
async function withMessages(name: string, ids: string[], text: string) {
  await registered(app.url, name);
  const { rows } = await app.pool.query<{ id: string }>(
    `insert into messages (owner_id, id, box, other_id, body, sent_at)
     select u.id, m.id, 'inbox', u.id, $3, now() from users u, unnest($2::uuid[]) m (id)
       where u.username = $1 returning owner_id as id`,
    [name, ids, text],
  );
  const ownerId = rows[0]!.id;
  const idsOf = (found: { id: string }[]) => found.map(({ id }) => id);
  const older = async (q: string, id: string) =>
    idsOf(await asOwner(ownerId, () => searchBefore(app.pool, ownerId, readSearch(q)!, id, 26)));
  const newer = async (q: string, id: string) =>
    idsOf(await asOwner(ownerId, () => searchAfter(app.pool, ownerId, readSearch(q)!, id, 26)));
  return { older, newer };
}

test('every moment is searched once, including window bounds and the ends of time', async () => {
  const ids = ['19', '1903', '1904', '190400', '190401', '1907', '1a'].flatMap((digits) => [
    `0${digits}`.padEnd(8, '0') + '-0000-7000-8000-000000000000',
    `0${digits}`.padEnd(8, 'f') + '-ffff-7fff-bfff-ffffffffffff',
  ]);
  const ends = ['00000000-0000-7000-8000-000000000000', 'ffffffff-ffff-7fff-bfff-ffffffffffff'];
  const all = [...new Set([...ids, ...ends])].toSorted();
  const { older, newer } = await withMessages('dora', all, 'Hour');
  for (const q of ['hour', 'from:dora', '"hour"']) {
    expect(await older(q, highestId)).toEqual(all.toReversed());
    for (const [place, id] of all.entries()) {
      expect(await older(q, id)).toEqual(all.slice(0, place).toReversed());
      expect(await newer(q, id)).toEqual(all.slice(place + 1));
    }
  }
});

test('where one window has too many, smaller ones are searched, without gaps', async () => {
  const start = Date.UTC(2026, 2, 1);
  // 700 within 57 days, the later the farther apart; ten at each moment.
  const all = Array.from({ length: 700 }, (_, n) =>
    newId(new Date(start + Math.floor(n / 10) ** 2 * 1_000_000)),
  );
  all.sort();
  const { older, newer } = await withMessages('emil', all, 'One more hour');
  for (const q of ['hour', '"more hour"', 'from:emil -cake']) {
    for (let place = 0; place < all.length; place += 13) {
      expect(await older(q, all[place]!)).toEqual(all.slice(Math.max(0, place - 26), place).toReversed());
      expect(await newer(q, all[place]!)).toEqual(all.slice(place + 1, place + 27));
    }
  }
});

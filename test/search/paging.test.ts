// The way through everything that was found: each message once, forward and back.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { highestId } from '../../src/ids.ts';
import { searchAfter } from '../../src/search/queries.ts';
import { readSearch } from '../../src/search/search-words.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { registered, type Answer, type Person } from '../support/person.ts';
import { letter, linkOn, searchAddress, textsOn } from './found.ts';

let app: TestApp;
let alice: Person;
beforeAll(async () => {
  app = await startApp();
  alice = await registered(app.url, 'alice');
  const bob = await registered(app.url, 'bob');
  // 60 with cake among 600 without, one each six hours: a search goes from one period of twelve days to the next.
  for (let n = 1; n <= 660; n += 1) {
    const text = n % 11 === 0 ? `Cake number ${n / 11}` : `Bread ${n}`;
    await letter(app.pool, bob, 'alice', text, new Date(Date.UTC(2026, 0, 1, 6 * n)).toISOString());
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
  'sixty hits of %s are on three pages, newest first, and the links lead through all of them and back',
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

test('a place beyond the days asked for changes nothing but the place', async () => {
  const address = searchAddress('cake after:2025-12-31 before:2026-07-01');
  const { rows } = await app.pool.query<{ id: string }>('select id from messages order by id');
  const [oldest, newest] = [rows[0]!.id, highestId];
  expect(textsOn(await alice.get(`${address}&before=${oldest}`))).toEqual([]);
  expect(textsOn(await alice.get(`${address}&before=${newest}`))).toEqual(cakes(60, 36));
  expect(textsOn(await alice.get(`${searchAddress('cake before:2026-01-01')}&before=${newest}`))).toEqual([]);
  expect(textsOn(await alice.get(`${searchAddress('cake after:2026-06-30')}&after=${oldest}`))).toEqual([]);
});

test('a page that has been emptied leads back', async () => {
  const { rows } = await app.pool.query<{ id: string }>('select id from messages order by id limit 1');
  const empty = await alice.get(`${searchAddress('cake')}&before=${rows[0]!.id}`);
  expect(empty.text).toContain('Nothing found');
  expect(linkOn(empty, 'Newer')).toBe('/search?q=cake');
});

test('every moment is looked at once, the first and the last of each period and the ends of time as well', async () => {
  const person = await registered(app.url, 'dora');
  const ids = ['19', '1903', '1904', '1907', '1a'].flatMap((digits) => [
    `0${digits}`.padEnd(8, '0') + '-0000-7000-8000-000000000000',
    `0${digits}`.padEnd(8, 'f') + '-ffff-7fff-bfff-ffffffffffff',
  ]);
  const all = [
    '00000000-0000-7000-8000-000000000000',
    ...ids,
    'ffffffff-ffff-7fff-bfff-ffffffffffff',
  ].toSorted();
  await app.pool.query(
    `insert into messages (owner_id, id, box, other_id, body, sent_at)
     select u.id, m.id, 'inbox', u.id, 'Hour ' || m.id, now() from users u, unnest($1::uuid[]) m (id) where u.username = 'dora'`,
    [all],
  );
  const idsOn = (page: Answer) => textsOn(page).map((text) => text.replace('Hour ', ''));
  for (const q of ['hour', 'from:dora']) {
    expect(idsOn(await person.get(searchAddress(q)))).toEqual(all.toReversed());
    for (const [place, id] of all.entries()) {
      const older = await person.get(`${searchAddress(q)}&before=${id}`);
      expect(idsOn(older)).toEqual(all.slice(0, place).toReversed());
    }
  }
  const { rows } = await app.pool.query<{ id: string }>(`select id from users where username = 'dora'`);
  for (const [place, id] of all.entries()) {
    const newer = await searchAfter(app.pool, rows[0]!.id, readSearch('hour')!, id, 3);
    expect(newer.map((row) => row.id)).toEqual(all.slice(place + 1, place + 4));
  }
});

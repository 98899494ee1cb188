// The inbox: newest first, 25 a page, each message once.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { cast } from '../../support/cast.ts';
import { deletionOf, messagesOn } from '../../support/inbox.ts';
import { registered, stranger, type Answer } from '../../support/person.ts';

const { app, alice, bob, charlie } = await cast();
beforeEach(() => app.pool.query('delete from messages'));
afterAll(() => app.close());

const bodies = (page: Answer) => messagesOn(page).map((message) => message.body);
const link = ({ $ }: Answer, name: 'Newer' | 'Older') =>
  $('a')
    .filter((_, a) => $(a).text().trim() === name)
    .attr('href');

async function sendMany(from: number, to: number): Promise<void> {
  for (let i = from; i <= to; i += 1) expect((await alice.send('bob', `Number ${i}`)).status).toBe(303);
}
const numbers = (from: number, to: number) =>
  Array.from({ length: Math.abs(to - from) + 1 }, (_, i) => `Number ${from + Math.sign(to - from) * i}`);

/** Follows one kind of link to the end; `between` happens before each step. */
async function walk(
  page: Answer,
  name: 'Newer' | 'Older',
  between = async (): Promise<unknown> => undefined,
): Promise<string[]> {
  const seen = bodies(page);
  for (let here = page, next = link(here, name); next; next = link(here, name)) {
    await between();
    here = await bob.get(next);
    expect(here.status).toBe(200);
    seen.push(...bodies(here));
  }
  return seen;
}

test('a full page of 25 messages of 300 characters weighs less than 31 kB', async () => {
  for (let count = 0; count < 25; count += 1) await alice.send('bob', 'seven '.repeat(50));
  const { text } = await bob.get('/inbox');
  expect(Buffer.byteLength(text)).toBeLessThan(31_000);
});

describe('sixty messages', () => {
  test('are on three pages, newest first, linked in both directions', async () => {
    await sendMany(1, 60);
    const first = await bob.get('/inbox');
    expect(bodies(first)).toEqual(numbers(60, 36));
    expect(link(first, 'Newer')).toBeUndefined();
    expect(await walk(first, 'Older')).toEqual(numbers(60, 1));

    const second = await bob.get(link(first, 'Older')!);
    expect(bodies(second)).toEqual(numbers(35, 11));
    const third = await bob.get(link(second, 'Older')!);
    expect(bodies(third)).toEqual(numbers(10, 1));
    expect(link(third, 'Older')).toBeUndefined();
    expect(bodies(await bob.get(link(third, 'Newer')!))).toEqual(numbers(35, 11));
    expect(bodies(await bob.get(link(second, 'Newer')!))).toEqual(numbers(60, 36));
  });

  test('are each shown once although messages arrive meanwhile', async () => {
    await sendMany(1, 60);
    let next = 61;
    const seen = await walk(await bob.get('/inbox'), 'Older', () => sendMany(next, (next += 7) - 1));
    expect(seen).toEqual(numbers(60, 1));
  });

  test('are each shown once although messages are deleted meanwhile, even the one at the page’s edge', async () => {
    await sendMany(1, 60);
    const first = await bob.get('/inbox');
    const gone = ['Number 36', 'Number 35', 'Number 34'];
    const remove = async () => app.pool.query('delete from messages where body = any ($1)', [gone]);
    const seen = await walk(first, 'Older', remove);
    expect(seen).toEqual(numbers(60, 1).filter((body) => body === 'Number 36' || !gone.includes(body)));
  });

  test('include new arrivals on the way back, without gaps or duplicates', async () => {
    await sendMany(1, 60);
    const second = await bob.get(link(await bob.get('/inbox'), 'Older')!);
    await sendMany(61, 70);
    const newer = await bob.get(link(second, 'Newer')!);
    expect(bodies(newer)).toEqual(numbers(60, 36));
    expect(bodies(await bob.get(link(newer, 'Newer')!))).toEqual(numbers(70, 46));
  });
});

test.each([
  [0, 0, false],
  [25, 25, false],
  [26, 25, true],
])('with %d messages the first page shows %d; more pages: %s', async (sent, shown, hasOlder) => {
  await sendMany(1, sent);
  const page = await bob.get('/inbox');
  expect(messagesOn(page)).toHaveLength(shown);
  expect(Boolean(link(page, 'Older'))).toBe(hasOlder);
});

test('an empty inbox explains what to do; an empty page leads back', async () => {
  const empty = await bob.get('/inbox');
  expect(empty.text).toContain('No messages yet');
  expect(empty.$('main a[href="/send"]').length).toBeGreaterThan(0);

  await sendMany(1, 26);
  const last = link(await bob.get('/inbox'), 'Older')!;
  const action = deletionOf(await bob.get(last), 'Number 1');
  const back = (await bob.submit(last, {}, action)).headers.location!;
  expect(back).toBe(last);
  const emptied = await bob.get(back);
  expect(emptied.status).toBe(200);
  expect(bodies(await bob.get(link(emptied, 'Newer')!))).toEqual(numbers(26, 2));
});

test('each row shows sender, excerpt and time, for people and machines', async () => {
  await alice.send('bob', 'What <b>time</b> is it?');
  const { $ } = await bob.get('/inbox');
  const row = $('.messages > li');
  expect(row.text()).toContain('alice');
  expect(row.text()).toContain('What <b>time</b> is it?');
  const time = row.find('time');
  expect(Math.abs(Date.now() - Date.parse(time.attr('datetime')!))).toBeLessThan(60_000);
  expect(time.text()).toBe('just now');
  expect(time.attr('title')).toMatch(/\d{4}.*UTC$/);
  expect(row.find('[formaction$="/delete"]').text()).toContain('Delete');
});

test('a message from a deleted account stays', async () => {
  const dora = await registered(app.url, 'dora');
  await dora.send('bob', 'Goodbye');
  await app.pool.query(`delete from users where username = 'dora'`);
  expect(messagesOn(await bob.get('/inbox'))).toEqual([{ sender: 'deleted account', body: 'Goodbye' }]);
});

describe('charlie', () => {
  test('sees nothing of the messages between alice and bob, with any cursor', async () => {
    await sendMany(1, 30);
    const { rows } = await app.pool.query<{ id: string }>('select id from messages order by id');
    const cursors = [rows[0]!, rows[29]!, rows.at(-1)!].flatMap(({ id }) => [
      `?before=${id}`,
      `?after=${id}`,
    ]);
    for (const query of ['', ...cursors]) {
      const page = await charlie.get(`/inbox${query}`);
      expect(page.status).toBe(200);
      expect(page.text).not.toContain('Number');
      expect(page.text).not.toContain('alice');
    }
  });

  test('sees that alice’s inbox does not hold what she sent', async () => {
    await sendMany(1, 1);
    expect(messagesOn(await alice.get('/inbox'))).toEqual([]);
  });
});

describe('a cursor', () => {
  const id = '0195d9a0-7c4c-7000-8000-000000000000';
  test.each([
    'broken',
    '1',
    '-1',
    '9'.repeat(400),
    `${id}0`,
    id.slice(0, -1),
    id.replaceAll('-', ''),
    `${id}' or 1=1--`,
    `${id}&before=${id}`,
    '%00',
    'NaN',
    '__proto__',
  ])('is refused if impossible: %s', async (cursor) => {
    for (const name of ['before', 'after']) {
      const answer = await bob.get(`/inbox?${name}=${cursor}`.replace('&before', `&${name}`));
      expect(answer.status).toBe(400);
      expect(answer.$('h1').text()).not.toBe('');
    }
  });

  test.each([
    id,
    id.toUpperCase(),
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    '00000000-0000-0000-0000-000000000000',
  ])('is a point in time if it is not the id of a message: %s', async (cursor) => {
    for (const name of ['before', 'after'])
      expect((await bob.get(`/inbox?${name}=${cursor}`)).status).toBe(200);
  });
});

test('signed-out users log in first and return to the requested page', async () => {
  const answer = await stranger(app.url).get('/inbox?before=ffffffff-ffff-ffff-ffff-ffffffffffff');
  expect(answer.status).toBe(303);
  expect(answer.headers.location).toBe(
    `/login?next=${encodeURIComponent('/inbox?before=ffffffff-ffff-ffff-ffff-ffffffffffff')}`,
  );
});

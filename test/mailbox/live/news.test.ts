// Notifications to open pages: to the right users, at any process.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { startApp } from '../../support/app.ts';
import { cast } from '../../support/cast.ts';
import { at, registered, stranger, type Person } from '../../support/person.ts';
import { openStream, registerAll, type OpenPage } from './listening.ts';

const { app, alice, bob, charlie } = await cast();
const second = await startApp({}, app.databaseUrl);
afterAll(() => Promise.all([app.close(), second.close()]));

/** A page that closes with the test. */
async function open(url: string, person: Person, seen?: string): Promise<OpenPage> {
  const page = await openStream(url, person, seen);
  onTestFinished(() => page.close());
  return page;
}

async function newestIdOf(person: Person): Promise<string> {
  const { $ } = await person.get('/inbox');
  return $('[data-news]').attr('data-seen')!;
}

test('an opened page gets the unread count immediately', async () => {
  await bob.send('alice', 'One');
  const page = await open(app.url, alice);
  expect(page.status).toBe(200);
  expect(page.headers['content-type']).toBe('text/event-stream; charset=utf-8');
  expect(page.headers['cache-control']).toBe('no-store');
  await page.hears({ unread: 1, fresh: 0 });
});

test('a message is pushed to its recipient promptly, in both processes, and to nobody else', async () => {
  const seen = await newestIdOf(alice);
  const pages = await Promise.all([
    open(app.url, alice, seen),
    open(second.url, at(second.url, alice), seen),
  ]);
  const others = await Promise.all([open(app.url, charlie), open(second.url, charlie)]);
  for (const page of [...pages, ...others]) await page.hears({});
  const before = others.map((page) => page.news().length);

  const startedAt = performance.now();
  await bob.send('alice', 'Two');
  for (const page of pages) await page.hears({ fresh: 1 });
  expect(performance.now() - startedAt).toBeLessThan(5000);
  await sleep(100);
  expect(others.map((page) => page.news().length)).toEqual(before);
  expect(others.map((page) => page.text()).join('')).not.toContain('Two');
  expect(pages.map((page) => page.text()).join('')).not.toContain('Two');
});

test('of a hundred open pages at two processes, only the recipient’s is notified', async () => {
  const names = Array.from({ length: 100 }, (_, i) => `person-${i}`);
  const people = await registerAll(app.url, names);
  const pages = await Promise.all(people.map((person, i) => open(i % 2 ? app.url : second.url, person)));
  for (const page of pages) await page.hears({ unread: 0 });
  for (const number of [0, 55]) {
    const before = pages.map((page) => page.news().length);
    await alice.send(names[number]!, 'For you alone');
    await pages[number]!.hears({ unread: 1, fresh: 0 });
    await sleep(100);
    const heard = pages.map((page, i) => page.news().length - before[i]!);
    expect(heard).toEqual(pages.map((_, i) => (i === number ? 1 : 0)));
  }
});

test('a message to ten users notifies each of them', async () => {
  const names = Array.from({ length: 10 }, (_, i) => `guest-${i}`);
  const guests = await registerAll(app.url, names);
  const pages = await Promise.all(guests.map((guest) => open(second.url, guest)));
  await alice.send(names.join(', '), 'Come all');
  for (const page of pages) await page.hears({ unread: 1 });
});

test('taking a message back lowers the open page’s count', async () => {
  const dora = await registered(app.url, 'dora');
  const page = await open(second.url, dora, '00000000-0000-0000-0000-000000000000');
  await alice.send('dora', 'Never mind');
  await page.hears({ unread: 1, fresh: 1 });
  const { $ } = await alice.get('/sent');
  await alice.submit('/sent', {}, $('[formaction$="/unsend"]').first().attr('formaction'));
  await page.hears({ unread: 0, fresh: 0 });
});

test('a reconnecting page catches up: arrivals since its last event are counted', async () => {
  const erin = await registered(app.url, 'erin');
  await alice.send('erin', 'Seen');
  const seen = await newestIdOf(erin);
  const page = await open(app.url, erin, seen);
  await page.hears({ unread: 1, fresh: 0 });
  page.close();
  for (const text of ['a', 'b', 'c']) await alice.send('erin', text);
  const again = await open(second.url, erin, seen);
  await again.hears({ unread: 4, fresh: 3 });
});

test('counts are capped at a hundred', async () => {
  const { rows } = await app.pool.query<{ id: string }>(`select id from users where username = 'charlie'`);
  await app.pool.query(
    `with copies as (
       insert into messages (owner_id, id, box, other_id, body, sent_at)
       select $1, gen_random_uuid(), 'inbox', $1, 'Crowd', now() from generate_series(1, 150) returning owner_id, id, other_id)
     insert into unread (owner_id, id, other_id) select owner_id, id, other_id from copies`,
    [rows[0]!.id],
  );
  const page = await open(app.url, charlie, '00000000-0000-0000-0000-000000000000');
  await page.hears({ unread: 100, fresh: 100 });
});

test('signed-out clients get nothing, and malformed positions are refused', async () => {
  expect((await stranger(app.url).get('/events')).status).toBe(303);
  for (const seen of ['1', 'x', '%00', '00000000'])
    expect((await alice.get(`/events?seen=${seen}`)).status).toBe(400);
  const array = await alice.get('/events?seen=a&seen=b');
  expect(array.status).toBe(400);
  expect(array.headers['content-type']).toContain('text/html');
  const wrong = await alice.post('/events', await alice.hidden('/send'));
  expect([wrong.status, wrong.headers.allow]).toEqual([405, 'GET']);
  const head = await alice.ask('head', '/events');
  expect([head.status, head.headers['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8']);
});

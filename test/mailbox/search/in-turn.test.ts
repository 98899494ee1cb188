// Searches are limited and queued; refused ones keep their input.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import {
  createSearchLimiter,
  maxOwnSearchesWaiting,
  maxSearches,
  maxSearchesWaiting,
} from '../../../src/mailbox/search/search-limiter.ts';
import type { TestApp } from '../../support/app.ts';
import { cast } from '../../support/cast.ts';

/** Searches that last until `release`, and how many of them run, by person. */
function heldSearches() {
  const limit = createSearchLimiter();
  const running = new Map<string, number>();
  const held: (() => void)[] = [];
  const search = (person: string) =>
    limit(person, async () => {
      running.set(person, (running.get(person) ?? 0) + 1);
      await new Promise<void>((resolve) => held.push(resolve));
      running.set(person, running.get(person)! - 1);
    }).then(
      () => 'found',
      ({ status }: { status: number }) => status,
    );
  const release = async () => {
    while (held.length > 0) {
      for (const each of held.splice(0)) each();
      await sleep(0);
    }
  };
  return { search, running: () => Object.fromEntries(running), release };
}

test('a user searches once at a time, without delaying others', async () => {
  const { search, running, release } = heldSearches();
  const own = Array.from({ length: maxOwnSearchesWaiting + 3 }, () => search('alice'));
  const others = search('bob');
  await sleep(0);
  expect(running()).toEqual({ alice: 1, bob: 1 });
  expect(await Promise.all(own.slice(-2))).toEqual([429, 429]);
  await release();
  expect(await Promise.all([...own.slice(0, -2), others])).toEqual(
    Array(maxOwnSearchesWaiting + 2).fill('found'),
  );
  expect(running()).toEqual({ alice: 0, bob: 0 });
});

test('a process runs two searches, queues others, and refuses too many', async () => {
  const { search, running, release } = heldSearches();
  const people = Array.from({ length: maxSearches + maxSearchesWaiting + 1 }, (_, i) => search(`p${i}`));
  await sleep(0);
  expect(running()).toEqual({ p0: 1, p1: 1 });
  expect(await people.at(-1)).toBe(503);
  await release();
  expect(await Promise.all(people.slice(0, -1))).toEqual(Array(people.length - 1).fill('found'));
});

async function withSlowSearch(app: TestApp, seconds: number): Promise<void> {
  await app.pool.query('alter table messages rename to kept');
  await app.pool.query(
    `create view messages as select kept.* from kept, (select pg_sleep(${seconds})) waiting`,
  );
  await app.pool.query('grant select on messages to private_messages_owner');
}

test('of eight concurrent searches, those refused say so and keep the input; pages are not delayed', async () => {
  const { app, alice } = await cast();
  try {
    await alice.send('alice', 'Cake at six');
    await withSlowSearch(app, 0.2);
    const searches = Array.from({ length: 8 }, () => alice.get('/search?q=cake'));
    const running = async () => {
      const { rows } = await app.pool.query<{ n: number }>(
        `select count(*)::int as n from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and query like '%with recursive windows%' and state = 'active'`,
      );
      return rows[0]!.n;
    };
    await expect.poll(running).toBe(1);
    const answers = await Promise.all(searches);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(8 - 1 - maxOwnSearchesWaiting);
    for (const answer of refused) {
      expect(answer.$('.lead').text()).toContain('not finished yet');
      expect(answer.$('input[name=q]').first().attr('value')).toBe('cake');
      expect(answer.headers['retry-after']).toBe('5');
    }
    expect(answers.some(({ status }) => status === 200)).toBe(true);
  } finally {
    await app.close();
  }
});

test('too many searches in a minute are refused, keeping the input; other users and the empty page are not', async () => {
  const { app, alice, bob } = await cast({ SEARCHES_PER_MINUTE: '2' });
  try {
    for (let i = 0; i < 2; i += 1) expect((await alice.get('/search?q=cake')).status).toBe(200);
    const refused = await alice.get('/search?q=cake');
    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(refused.$('input[name=q]').first().attr('value')).toBe('cake');
    expect((await alice.get('/search')).status).toBe(200);
    expect((await bob.get('/search?q=cake')).status).toBe(200);
  } finally {
    await app.close();
  }
});

// The notifier tells all processes about changed mailboxes: batched, complete, and apart from sending.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { openNotifier } from '../../../src/mailbox/live/notifier.ts';
import { until } from '../../start/site.ts';
import { cast } from '../../support/cast.ts';
import { press } from '../../support/forms.ts';
import { patient, untilWaiting } from '../../support/locks.ts';
import { listenToNotices, openStream } from './listening.ts';
import { signInMany } from './sessions.ts';

const { app, alice, bob } = await cast({}, { address: patient });
afterAll(() => app.close());

test('notifications are batched: a hundred quick messages cause a few, and nobody is left out', async () => {
  const told = await listenToNotices(app.databaseUrl);
  const form = await alice.hidden('/send');
  const names = (await signInMany(app.pool, 100)).map(({ username }) => username);
  const startedAt = performance.now();
  const answers = await Promise.all(
    names.map((recipient) =>
      press(alice, '/send', { ...form, recipient, body: 'Quick', key: crypto.randomUUID() }),
    ),
  );
  const ms = performance.now() - startedAt;
  expect(answers.every(({ status }) => status === 303)).toBe(true);
  const named = () =>
    new Set(told.flatMap((payload) => payload.split(' ').map((notice) => notice.split('/')[0]))).size;
  await until(() => named() >= 101);
  expect(named()).toBe(101); // the sender's other pages show what was sent
  expect(told.length).toBeLessThanOrEqual(Math.ceil(ms / 10) + 1);
});

test('a notification names everybody, however many there are', async () => {
  const heard: string[] = [];
  const listening = Promise.withResolvers<void>();
  const notifier = openNotifier(
    app.pool,
    (notices) => (notices ? void heard.push(...notices.map(({ ownerId }) => ownerId)) : listening.resolve()),
    console.error,
  );
  onTestFinished(() => notifier.close());
  await listening.promise;
  const ids = Array.from({ length: 1000 }, () => crypto.randomUUID());
  notifier.notify(ids);
  await until(() => heard.length >= 1000);
  expect(heard.toSorted()).toEqual(ids.toSorted());
});

test('a notification is sent after the commit, not before', async () => {
  const told = await listenToNotices(app.databaseUrl);
  const watcher = new pg.Client({ connectionString: app.databaseUrl });
  await watcher.connect();
  onTestFinished(() => watcher.end());
  await watcher.query('begin; lock table sent_forms in access exclusive mode');
  const sending = alice.send('bob', 'Waiting for a lock');
  await untilWaiting(app.pool);
  await sleep(50);
  expect(told).toEqual([]);
  await watcher.query('rollback');
  expect((await sending).status).toBe(303);
  await until(() => told.length > 0);
  await sleep(100); // nor a second one
  expect(told).toHaveLength(1);
});

test('nothing is sent, nothing is notified', async () => {
  const told = await listenToNotices(app.databaseUrl);
  expect((await alice.send('nobody-here', 'Hello')).status).toBe(422);
  expect((await alice.send('bob', '')).status).toBe(422);
  await sleep(100);
  expect(told).toEqual([]);
});

test('a failed notification does not fail the sending, and goes with the next one', async () => {
  const page = await openStream(app.url, bob);
  onTestFinished(() => page.close());
  await page.hears({});
  const { unread } = page.news().at(-1)!; // before anything is sent, since that may still be notified
  await app.pool.query('alter function pg_catalog.pg_notify(text, text) rename to pg_notify_gone');
  try {
    expect((await alice.send('bob', 'In silence')).status).toBe(303);
    await sleep(100);
  } finally {
    await app.pool.query('alter function pg_catalog.pg_notify_gone(text, text) rename to pg_notify');
  }
  expect((await bob.get('/inbox')).text).toContain('In silence');
  await alice.send('bob', 'Aloud');
  await page.hears({ unread: unread + 2 });
});

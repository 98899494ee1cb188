// The cleanup job removes messages after thirty days in the trash, in small batches, one process at a time.
import pg from 'pg';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { runCleanupJobs } from '../../../src/process/cleanup-jobs.ts';
import { startApp } from '../../support/app.ts';
import { cast } from '../../support/cast.ts';
import { columnsWith, copiesOf, fillMailbox } from '../../support/mailboxes.ts';

const { app, alice, bob } = await cast();
const other = await startApp({}, app.databaseUrl);
beforeEach(async () => {
  await app.pool.query('delete from messages');
  await app.pool.query('delete from sent_forms');
});
afterAll(async () => {
  await other.close();
  await app.close();
});

const left = async () => (await app.pool.query('select from messages')).rowCount;

/** So many messages of bob's, in the trash for so long. */
async function inTrash(count: number, since: string): Promise<void> {
  await fillMailbox(app.pool, bob, alice, count);
  await app.pool.query(`update messages set trashed_at = now() - $1::interval where trashed_at is null`, [
    since,
  ]);
}

test('a message is removed after thirty days, not a moment before; others stay', async () => {
  await inTrash(3, '30 days 1 minute');
  await inTrash(2, '29 days 23 hours');
  await alice.send('bob', 'Kept');
  await app.pool.query(`update messages set sent_at = now() - interval '10 years' where body = 'Kept'`);
  expect(await runCleanupJobs(app.pool)).toBe(3);
  expect(await left()).toBe(4);
  expect(await copiesOf(app.pool, 'Kept')).toEqual(['alice sent', 'bob inbox, unread']);
  expect(await runCleanupJobs(app.pool)).toBe(0);
});

test('removal works in small batches, each a transaction', async () => {
  await inTrash(1700, '31 days');
  const sizes: number[] = [];
  const watching = setInterval(() => void left().then((count) => sizes.push(count!)), 20);
  expect(await runCleanupJobs(app.pool)).toBe(1700);
  clearInterval(watching);
  expect(new Set(sizes).size).toBeGreaterThan(1); // others see it shrink
  for (const size of sizes) expect(size % 500 === 200 || size === 0).toBe(true);
});

test('nothing is removed while another process removes', async () => {
  await inTrash(10, '31 days');
  const holder = new pg.Client({ connectionString: app.databaseUrl });
  await holder.connect();
  await holder.query(`select pg_advisory_lock(hashtext('private-messages cleanup'))`);
  expect(await runCleanupJobs(app.pool)).toBe(0);
  expect(await left()).toBe(10);
  await holder.end();
  expect(await runCleanupJobs(app.pool)).toBe(10);
});

test('two concurrent processes remove each message once', async () => {
  await inTrash(1200, '31 days');
  const removed = await Promise.all([
    runCleanupJobs(app.pool),
    runCleanupJobs(other.pool),
    runCleanupJobs(app.pool),
    runCleanupJobs(other.pool),
  ]);
  // One of them may have been turned away between two batches of another; the next hour comes.
  const rest = await runCleanupJobs(app.pool);
  expect(removed.reduce((sum, count) => sum + count, rest)).toBe(1200);
  expect(await left()).toBe(0);
});

test('digests of sent forms are removed when no such form can be sent any more', async () => {
  await alice.send('bob', 'Sent');
  await app.pool.query(`update sent_forms set sent_at = now() - interval '90 days'`);
  expect(await runCleanupJobs(app.pool)).toBe(0);
  await app.pool.query(`update sent_forms set sent_at = now() - interval '92 days'`);
  expect(await runCleanupJobs(app.pool)).toBe(1);
});

test('removed messages leave nothing in any table', async () => {
  await alice.send('bob', 'Canary in the trash');
  await app.pool.query(`update messages set trashed_at = now() - interval '31 days'`);
  await runCleanupJobs(app.pool);
  expect(await columnsWith(app.pool, 'Canary in the trash')).toEqual([]);
  expect((await app.pool.query('select from unread')).rowCount).toBe(0);
});

// How long reports are kept: 90 days after they were closed or the reported account was deleted.
import { afterAll, beforeEach, expect, test } from 'vitest';
import { runCleanupJobs } from '../../../src/process/cleanup-jobs.ts';
import { makeAdmin } from '../../support/admin.ts';
import { cast } from '../../support/cast.ts';
import { columnsWith, idOf } from '../../support/mailboxes.ts';
import type { Person } from '../../support/person.ts';

const { app, reset } = await cast();
let alice: Person;
let bob: Person;
let charlie: Person;
afterAll(() => app.close());
beforeEach(async () => {
  ({ alice, bob, charlie } = await reset());
  await alice.send('bob', 'From alice');
  await bob.submit(`/messages/${await idOf(app.pool, bob, 'From alice', 'inbox')}/report`, { words: '' });
});

const left = async () => (await app.pool.query('select from reports')).rowCount;
const close = (since: string) =>
  app.pool.query(`update reports set closed_at = now() - $1::interval, outcome = 'nothing'`, [since]);

test('90 days after it was closed, not a moment before', async () => {
  await close('89 days 23 hours');
  await runCleanupJobs(app.pool);
  expect(await left()).toBe(1);
  await close('90 days 1 minute');
  expect(await runCleanupJobs(app.pool)).toBe(1);
  expect(await left()).toBe(0);
});

test('while it is open and both accounts are there, however long', async () => {
  await app.pool.query(`update reports set reported_at = now() - interval '3 years'`);
  await runCleanupJobs(app.pool);
  expect(await left()).toBe(1);
});

test('90 days after the reported account was deleted, and administrators see it until then', async () => {
  const { rows } = await app.pool.query<{ id: string }>(`select id from users where username = 'alice'`);
  await alice.submit('/account/delete', { password: alice.password });
  await makeAdmin(app, charlie);
  const { $ } = await charlie.get('/admin/reports');
  expect($('.rows h2').text()).toBe('bob about deleted account');
  expect((await charlie.get($('.rows a').attr('href')!)).$('.quoted .text').text()).toBe('From alice');
  expect((await bob.get('/account/reports')).$('.rows h2').text()).toContain('deleted account');
  const deleted = (since: string) =>
    app.pool.query('update deletions set deleted_at = now() - $1::interval', [since]);
  await deleted('89 days 23 hours');
  await runCleanupJobs(app.pool);
  expect(await left()).toBe(1);
  await deleted('90 days 1 minute');
  await runCleanupJobs(app.pool);
  expect(await left()).toBe(0);
  expect(await columnsWith(app.pool, rows[0]!.id)).not.toContain('reports.reported_id');
});

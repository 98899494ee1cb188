// What ends a running import, without leaving anything, and what does not.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loggedInWith } from '../../support/agents.ts';
import { startApp } from '../../support/app.ts';
import { cast } from '../../support/cast.ts';
import { patient } from '../../support/locks.ts';
import { at, registered } from '../../support/person.ts';
import { imported, resultOf } from './importing.ts';
import {
  beginWriting,
  countImported,
  interrupted,
  messages,
  slowDownWriting,
  stopped,
  writingConnections,
} from './jobs.ts';

const { app, bob } = await cast();
beforeAll(async () => {
  await slowDownWriting(app.pool);
});
afterAll(() => app.close());

test('cancelling from another device at another process leaves nothing', async () => {
  const other = await startApp({}, app.databaseUrl);
  await beginWriting(app.pool, bob);
  const cancelled = await at(other.url, bob).submit('/account/import', {}, '/account/import/cancel');
  expect(cancelled.headers.location).toBe('/account/import');
  expect(await resultOf(bob)).toBe('You cancelled this import. Nothing was imported.');
  await expect.poll(() => writingConnections(app.pool)).toBe(0);
  expect(await countImported(app.pool, bob)).toBe(0);
  await other.close();
});

test('cancelling between the last message and the commit: the page reports the outcome', async () => {
  const slow = await startApp({}, patient(app.databaseUrl));
  const bea = at(slow.url, await registered(app.url, 'bea'));
  await beginWriting(app.pool, bea, 1500);
  const canceller = await app.pool.connect();
  await canceller.query(
    'begin; set local idle_in_transaction_session_timeout = 0; select from imports where result is null for update',
  );
  const isFinishing = async () =>
    (
      await app.pool.query(
        `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()
             and query like '%messages_written = messages_total%'`,
      )
    ).rowCount;
  await expect.poll(isFinishing, { interval: 20 }).toBe(1);
  await canceller.query(
    `update imports set result = '{"outcome":"cancelled"}', ended_at = now() where result is null; commit`,
  );
  canceller.release();
  await expect.poll(() => writingConnections(app.pool)).toBe(0);
  expect(await resultOf(bea)).toBe('You cancelled this import. Nothing was imported.');
  expect(await countImported(app.pool, bea)).toBe(0);
  await slow.close();
});

test('cancelling an import that has ended, or another user’s, changes nothing', async () => {
  const [carl, dina] = [await registered(app.url, 'carl'), await registered(app.url, 'dina')];
  await imported(carl, messages(1));
  await beginWriting(app.pool, dina, 2000);
  const theirs = await dina.hidden('/account/import', '/account/import/cancel');
  const token = await carl.hidden('/account/import');
  await carl.post('/account/import/cancel', { ...theirs, ...token });
  await carl.post('/account/import/cancel', { ...token, job: 'x' });
  expect(await resultOf(carl)).toBe('Imported 1 message.');
  expect(await resultOf(dina)).toBe('Imported 2,000 messages.');
  expect((await carl.post('/account/import/cancel', { job: theirs.job! })).status).toBe(403);
  expect((await carl.get('/account/import/cancel')).status).toBe(405);
  expect((await carl.get('/account/import/dismiss')).status).toBe(405);
});

test('not a logout: after the next login it is done', async () => {
  const erin = await registered(app.url, 'erin');
  await beginWriting(app.pool, erin, 1500);
  expect((await erin.submit('/inbox', {}, '/logout')).status).toBe(303);
  expect(await resultOf(await loggedInWith(app.url, erin))).toBe('Imported 1,500 messages.');
});

test.each([
  ['signing out all other devices', 'fay', '/account/devices/end-others'],
  ['signing out the device that started it', 'fred', '/account/devices/end'],
])('%s', async (_, name, action) => {
  const person = await registered(app.url, name);
  const owner = await loggedInWith(app.url, person);
  await beginWriting(app.pool, person);
  expect((await owner.submit('/account/devices', {}, action)).status).toBe(303);
  expect(await resultOf(owner)).toBe(stopped);
  await expect.poll(() => writingConnections(app.pool)).toBe(0);
  expect(await countImported(app.pool, person)).toBe(0);
});

test('a new password ends it, unless set on the importing device', async () => {
  const change = { current: 'a long enough password', password: 'another long enough password' };
  const gus = await registered(app.url, 'gus');
  const owner = await loggedInWith(app.url, gus);
  await beginWriting(app.pool, gus);
  expect((await owner.submit('/account/password', change)).status).toBe(303);
  expect(await resultOf(owner)).toBe(stopped);
  await expect.poll(() => writingConnections(app.pool)).toBe(0);
  expect(await countImported(app.pool, gus)).toBe(0);

  const helen = await registered(app.url, 'helen');
  await beginWriting(app.pool, helen, 2000);
  expect((await helen.submit('/account/password', change)).status).toBe(303);
  expect(await resultOf(helen)).toBe('Imported 2,000 messages.');
});

test('deleting the account ends it immediately', async () => {
  const hana = await registered(app.url, 'hana');
  const form = await hana.hidden('/account/delete');
  await beginWriting(app.pool, hana);
  const left = await hana.post('/account/delete', { ...form, password: hana.password });
  expect([left.status, left.get('Location')]).toEqual([303, '/']);
  await expect.poll(() => writingConnections(app.pool)).toBe(0);
  expect(
    (await app.pool.query(`select from users where username = 'hana' or username is null`)).rowCount,
  ).toBe(0);
  expect((await app.pool.query('select from imports where result is null')).rowCount).toBe(0);
});

test('the end of its process: the page says so, nothing is left, and the next import may begin', async () => {
  const short = await startApp({}, app.databaseUrl);
  const kim = at(short.url, await registered(app.url, 'kim'));
  await beginWriting(app.pool, kim);
  const startedAt = performance.now();
  await short.close();
  expect(performance.now() - startedAt).toBeLessThan(4000);
  const here = at(app.url, kim);
  expect(await resultOf(here)).toBe(interrupted);
  expect(await countImported(app.pool, kim)).toBe(0);
  expect(await imported(here, messages(3))).toBe('Imported 3 messages.');
});

test('thirty seconds without a sign of life: it can neither write nor resume', async () => {
  const lea = await registered(app.url, 'lea');
  await beginWriting(app.pool, lea);
  // Its next beat must not count, nor its last step.
  await app.pool.query(`update imports set beat_at = now() - interval '31 seconds' where result is null`);
  expect(await resultOf(lea)).toBe(interrupted);
  await expect.poll(() => writingConnections(app.pool)).toBe(0);
  expect(await resultOf(lea)).toBe(interrupted);
  expect(await countImported(app.pool, lea)).toBe(0);
  expect(await imported(lea, messages(3))).toBe('Imported 3 messages.');
});

// A running export: shows progress, one at a time, ends with its reader, delays nobody.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp } from '../../support/app.ts';
import { cast } from '../../support/cast.ts';
import { at, registered, type Person } from '../../support/person.ts';
import { unzip } from '../../support/zip.ts';
import { beginExport, exportOf, fillMailbox, readRest, readSome, untilNoRun } from './exporting.ts';

// So many that much is left when a client has stopped reading.
const many = 6000;
const long = 1900;
const { app, alice, bob } = await cast();
beforeAll(async () => {
  await fillMailbox(app.databaseUrl, 'alice', many, long);
});
afterAll(() => app.close());

const statusLine = async (person = alice) =>
  (await person.get('/account/export')).$('[data-progress]').text().replaceAll(/\s+/g, ' ');

test('the page shows its progress, and a second one is refused at every process', async () => {
  const other = await startApp({}, app.databaseUrl);
  const answer = await beginExport(app.url, alice);
  const begun = await readSome(answer);
  expect(await statusLine()).toBe('Exporting: 0 of 6,000 messages.');
  expect(await statusLine(at(other.url, alice))).toMatch(/^Exporting/);

  for (const url of [app.url, other.url]) {
    const refused = await at(url, alice).post(
      '/account/export',
      await alice.hidden('/account/export', '/logout'),
    );
    expect([refused.status, refused.$('#form-error').text()]).toEqual([
      409,
      'An export is running already. Please wait until it is done.',
    ]);
  }
  await sleep(5500);
  expect(await statusLine()).toMatch(/^Exporting: [1-9][\d,]* of 6,000/);
  expect((await readRest(answer, begun)).size).toBe(4);
  await untilNoRun(app.pool);
  expect(await statusLine()).toBe('');
  await other.close();
});

test('an aborted download allows the next one', async () => {
  for (let round = 0; round < 3; round += 1) {
    const answer = await beginExport(app.url, alice);
    await readSome(answer);
    answer.destroy();
    await untilNoRun(app.pool);
  }
  expect((await unzip(await exportOf(app.url, alice))).size).toBe(4);
});

test('a download without a sign of life for thirty seconds does not block another', async () => {
  const leaveBehind = (seconds: number) =>
    app.pool.query(
      `insert into exports (user_id, run, total, done, beat_at)
       select id, gen_random_uuid(), 10, 5, now() - $1 * interval '1 second' from users where username = 'alice'
       on conflict (user_id) do update set beat_at = excluded.beat_at`,
      [seconds],
    );
  await leaveBehind(25);
  expect(await statusLine()).toBe('Exporting: 5 of 10 messages.');
  const busy = await beginExport(app.url, alice);
  expect(busy.statusCode).toBe(409);
  busy.destroy();
  await leaveBehind(31);
  expect(await statusLine()).toBe('');
  expect((await unzip(await exportOf(app.url, alice))).size).toBe(4);
});

test('slow readers hold no database connection, however many', async () => {
  const names = Array.from({ length: 6 }, (_, n) => `slow-${n}`);
  const people = await Promise.all(names.map((name) => registered(app.url, name)));
  for (const { username } of people) await fillMailbox(app.databaseUrl, username, many, long);
  const answers = await Promise.all(people.map((person) => beginExport(app.url, person)));
  await Promise.all(answers.map((answer) => readSome(answer)));
  await expect.poll(() => app.appPool.totalCount - app.appPool.idleCount).toBe(0);
  expect((await app.pool.query('select from exports')).rowCount).toBe(6);
  for (const answer of answers) answer.destroy();
  await untilNoRun(app.pool);
});

test('the download ends with its session', async () => {
  await fillMailbox(app.databaseUrl, 'bob', many, long);
  const answer = await beginExport(app.url, bob);
  const begun = await readSome(answer);
  await bob.submit('/inbox', {}, '/logout');
  await sleep(5500);
  await expect(readRest(answer, begun)).rejects.toThrow('aborted');
  await untilNoRun(app.pool);
});

test.each([
  ['logs out', 'quick', (person: Person) => person.submit('/inbox', {}, '/logout')],
  ['leaves', 'leaver', (person: Person) => person.submit('/account/delete', { password: person.password })],
])('it is never complete for a user who %s meanwhile, however fast the download is', async (_, name, go) => {
  const person = await registered(app.url, name);
  await fillMailbox(app.databaseUrl, name, many / 2, long);
  const answer = await beginExport(app.url, person);
  const begun = await readSome(answer);
  await go(at(app.url, person));
  await expect(readRest(answer, begun)).rejects.toThrow('aborted');
  await untilNoRun(app.pool);
});

test('messages that arrive meanwhile are left for the next one', async () => {
  const carol = await registered(app.url, 'carol');
  await fillMailbox(app.databaseUrl, 'carol', many, long);
  const answer = await beginExport(app.url, carol);
  const begun = await readSome(answer);
  await alice.send('carol', 'Too late');
  const zip = await readRest(answer, begun);
  expect(JSON.parse(zip.get('messages.json')!)).toHaveLength(many);
  expect(zip.get('messages.html')).not.toContain('Too late');
});

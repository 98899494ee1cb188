// The system clock is set back by an hour, during and between runs.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId, timeOf } from '../../src/ids.ts';
import { createPool, type Pool } from '../../src/database/pool.ts';
import { calmSettings } from '../support/app.ts';
import { beginLogin, withCodes } from '../support/authenticator.ts';
import { createDatabase } from '../support/database.ts';
import { deletionOf, messagesOn } from '../support/inbox.ts';
import { at, registered, stranger, type Person } from '../support/person.ts';
import { launch, projectFolder, ready, type Program } from '../support/program.ts';

const hour = 60 * 60 * 1000;
const shim = pathToFileURL(join(projectFolder, 'test/support/shifted-clock.js')).href;
let folder: string;
let databaseUrl: string;
let pool: Pool;
let running: Program[] = [];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pm-clock-'));
  chmodSync(folder, 0o755); // for the user that the program runs as
  setClock(0);
  databaseUrl = await createDatabase();
  pool = createPool(databaseUrl, () => {});
});
afterEach(async () => {
  await Promise.all(running.map((program) => program.end('SIGKILL')));
  running = [];
  await pool.end();
  rmSync(folder, { recursive: true });
});

/** Puts the clock of all programs so many milliseconds from the right time. */
function setClock(offsetMs: number): void {
  writeFileSync(join(folder, 'offset'), String(offsetMs));
}

async function start(settings: Record<string, string> = {}): Promise<Program> {
  const program = await launch({
    ...calmSettings,
    ...settings,
    DATABASE_URL: databaseUrl,
    NODE_OPTIONS: `--import=${shim}`,
    CLOCK_OFFSET_FILE: join(folder, 'offset'),
  });
  running.push(program);
  await ready(program, 90_000);
  return program;
}

async function end(program: Program, signal: NodeJS.Signals): Promise<void> {
  running = running.filter((other) => other !== program);
  await program.end(signal);
}

/** The texts of a list, the newest first. */
async function listed(person: Person, path: string): Promise<string[]> {
  return messagesOn(await person.get(path)).map(({ body }) => body);
}

test('new messages sort after old ones in every list', async () => {
  const [first, second] = await Promise.all([start(), start()]);
  const alice = await registered(first.url, 'alice');
  const bob = await registered(first.url, 'bob');
  const texts: string[] = [];
  const send = async (program: Program, count: number) => {
    for (let n = 0; n < count; n += 1) {
      texts.unshift(`Number ${texts.length + 1}`);
      expect((await at(program.url, alice).send('bob', texts[0]!)).status).toBe(303);
    }
  };
  const check = async (program: Program) => {
    const [reader, writer] = [at(program.url, bob), at(program.url, alice)];
    expect(await listed(reader, '/inbox')).toEqual(texts);
    expect(await listed(writer, '/sent')).toEqual(texts);
    expect(await listed(reader, '/search?q=number')).toEqual(texts);
    const talk = (await reader.get('/with/alice')).$('main').text();
    const places = texts.map((text) => talk.indexOf(text));
    expect(places).toEqual(places.toSorted((a, b) => b - a)); // the newest last
  };

  await send(first, 2);
  setClock(-hour);
  await sleep(1500); // both notice
  await send(second, 1); // which had nothing to do before
  await send(first, 2);
  await send(second, 1);
  await check(first);

  await end(first, 'SIGKILL');
  const third = await start(); // knows only the database
  await send(third, 2);
  await check(third);
  await end(second, 'SIGTERM');

  // Notices, and the trash, which is ordered like the messages.
  const elsewhere = stranger(third.url);
  await elsewhere.submit('/login', { username: 'bob', password: bob.password });
  const inbox = await at(third.url, bob).get('/inbox');
  expect(messagesOn(inbox)[0]!.sender).toBe('Private Messages');
  const reader = at(third.url, bob);
  for (const text of texts.slice(0, 3)) {
    await reader.submit('/inbox', {}, deletionOf(await reader.get('/inbox'), text));
  }
  expect(await listed(reader, '/trash')).toEqual(texts.slice(0, 3));
});

test('their times approach the clock again, never go back, and no id from a clock that was years ahead shifts it', async () => {
  const program = await start();
  const alice = await registered(program.url, 'alice');
  const times = async () => {
    const { rows } = await pool.query<{ id: string; sentAt: Date }>(
      `select id, sent_at as "sentAt" from messages where box = 'sent' order by id`,
    );
    for (const { id, sentAt } of rows) expect(sentAt.getTime()).toBe(timeOf(id));
    return rows.map(({ sentAt }) => sentAt.getTime());
  };
  await alice.send('alice', 'Before');
  setClock(-2000);
  for (let n = 0; n < 9; n += 1) {
    await sleep(1000);
    await alice.send('alice', 'After');
  }
  const sent = await times();
  expect(sent).toEqual(sent.toSorted((a, b) => a - b));
  expect(Math.abs(sent.at(-1)! - (Date.now() - 2000))).toBeLessThan(1500);

  // Nor that of an import.
  const ahead = (ms: number) => newId(new Date(Date.now() + ms));
  await pool.query(
    `insert into messages (owner_id, id, box, other_id, body, sent_at, origin, other_name)
     select owner_id, v.id, 'inbox', other_id, 'Ahead', now(), v.origin, v.name from messages,
       (values ($1::uuid, null, null), ($2, 'imported', 'eve')) v (id, origin, name)
     where box = 'sent' and body = 'Before'`,
    [ahead(365 * 24 * hour), ahead(20 * hour)],
  );
  await end(program, 'SIGTERM');
  const next = await start();
  await at(next.url, alice).send('alice', 'Later');
  const { rows } = await pool.query<{ sentAt: Date }>(
    `select sent_at as "sentAt" from messages where body = 'Later'`,
  );
  expect(Math.abs(rows[0]!.sentAt.getTime() - Date.now())).toBeLessThan(60_000);
});

test('app codes are not refused for that hour, each still works once, and limits last a minute', async () => {
  const program = await start({ LOGINS_PER_MINUTE: '2', SENDS_PER_MINUTE: '2' });
  const alice = await registered(program.url, 'alice');
  const app = await withCodes(alice);
  const steps = -hour / 30_000;
  const forgetLimits = () => pool.query('delete from rate_limits');
  const enter = async (code: string) => {
    await forgetLimits();
    const window = stranger(program.url, 'alice', alice.password);
    await beginLogin(window, alice);
    return (await window.submit('/login/second', { code })).status;
  };
  const before = app.code();
  expect(await enter(before)).toBe(303);
  expect(await enter(before)).toBe(422);

  setClock(-hour);
  await sleep(100);
  const [previous, current] = [steps - 1, steps].map(app.code) as [string, string];
  expect(await enter(current)).toBe(303);
  expect(await enter(current)).toBe(422);
  expect(await enter(previous)).toBe(422); // as always: a code uses up those before it

  // The hour comes again: what was used in it before is used.
  setClock(0);
  await sleep(100);
  expect(await enter(before)).toBe(422);
  expect(await enter(app.first)).toBe(422);
  setClock(-hour / 2);
  await sleep(100);
  expect(await enter(app.code(steps / 2))).toBe(303);

  // Limits reached before last a minute and not an hour.
  setClock(0);
  await sleep(100);
  await forgetLimits();
  const fail = async () =>
    (await stranger(program.url).submit('/login', { username: 'alice', password: 'not it' })).status;
  for (const status of [422, 422, 429]) expect(await fail()).toBe(status);
  for (const status of [303, 303, 429]) expect((await alice.send('alice', `${status}`)).status).toBe(status);
  setClock(-hour);
  await pool.query(`update sent_forms set sent_at = sent_at + interval '1 hour'`); // its clock was not put back
  await sleep(100);
  for (const status of [422, 422, 429]) expect(await fail()).toBe(status);
  expect((await alice.send('alice', 'Again')).status).toBe(303);
});

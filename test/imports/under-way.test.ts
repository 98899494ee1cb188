// Imports under way: they go on without the request that brought the file, until they are done or have to end.
import { request as ask, type ClientRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../src/ids.ts';
import { filesAtOnce, createPlaces, readAtOnce } from '../../src/imports/places.ts';
import { beginExport, exportOf, fillMailbox, readRest, readSome } from '../exports/exporting.ts';
import { loggedInWith } from '../support/agents.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { at, registered, type Person } from '../support/person.ts';
import { unzip } from '../support/zip.ts';
import { formWith, imported, importFile, multipart, resultOf } from './importing.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

/** A messages.json with so many messages. */
function messages(count: number, body = 'word '.repeat(100)): string {
  const lines = Array.from({ length: count }, (_, n) => {
    const sentAt = new Date(1_700_000_000_000 + n);
    const fields = { id: newId(sentAt), box: 'inbox', with: 'bob', notice: false, sentAt };
    return JSON.stringify({ ...fields, unread: true, trashedAt: null, body: `${n} ${body}` });
  });
  return `[\n${lines.join(',\n')}\n]\n`;
}

/** Sends the form of the import page, or its first bytes, over a connection that can be cut. */
async function beginImport(person: Person, file: string, bytes = Infinity): Promise<ClientRequest> {
  const body = formWith(await person.hidden('/account/import'), file);
  const headers = { ...multipart, Cookie: person.cookies(), 'Content-Length': body.length };
  const sent = ask(`${app.url}/account/import`, { method: 'POST', agent: false, headers });
  sent.on('error', () => {});
  sent.write(body.subarray(0, bytes));
  return sent;
}

async function importsIn(phase: string): Promise<number> {
  const { rowCount } = await app.pool.query('select from imports where phase = $1 and result is null', [
    phase,
  ]);
  return rowCount!;
}
const untilWriting = () => expect.poll(() => importsIn('writing'), { interval: 20, timeout: 30_000 }).toBe(1);
const held = async ({ username }: Person) =>
  (
    await app.pool.query(
      `select from messages m join users u on u.id = m.owner_id where u.username = $1 and origin = 'imported'`,
      [username],
    )
  ).rowCount;

/** Sends a file that takes a while, and waits until it is being written. */
async function beginWriting(person: Person, count = 12_000): Promise<void> {
  expect((await importFile(person, messages(count))).status).toBe(303);
  await untilWriting();
}

const interrupted =
  'This import was interrupted: the server was restarted, or its database was too busy. Nothing was imported; please choose the file again.';
const stopped = 'This import was stopped, because your sessions were ended meanwhile. Nothing was imported.';

test('it goes on when the browser is closed, and its progress is seen from every device and process', async () => {
  const alice = await registered(app.url, 'alice');
  const elsewhere = await loggedInWith(app.url, alice);
  const other = await startApp({}, app.databaseUrl);
  const sent = await beginImport(alice, messages(6000));
  sent.end();
  const isChecked = () => importsIn('reading');
  await expect.poll(isChecked, { interval: 5, timeout: 20_000 }).toBe(1);
  sent.destroy();
  const seen = new Set<string>();
  for (;;) {
    const page = await at(other.url, elsewhere).get('/account/import');
    const words = page.$('[data-words]').text();
    if (!words) break;
    expect(page.text).toContain('<noscript><meta http-equiv="refresh" content="4"></noscript>');
    expect(page.$('form[enctype]')).toHaveLength(0);
    seen.add(words.replaceAll(/[\d.,]+/g, '#'));
    await sleep(100);
  }
  expect([...seen]).toContain('Writing: # of # messages#');
  expect([...seen]).toContain('Checking the file: # of # MB read#');
  expect(await resultOf(alice)).toBe('Imported 6,000 messages.');
  expect(await resultOf(elsewhere)).toBe('Imported 6,000 messages.');
  expect(await held(alice)).toBe(6000);
  await other.close();
});

test('its result stays until it is dismissed, or until the next import', async () => {
  const ida = await registered(app.url, 'ida');
  await imported(ida, messages(2));
  expect(await resultOf(ida)).toBe('Imported 2 messages.');
  const dismissed = await ida.submit('/account/import', {}, '/account/import/dismiss');
  expect(dismissed.headers.location).toBe('/account');
  expect((await ida.get('/account/import')).$('.result')).toHaveLength(0);
  expect(await imported(ida, 'Dear diary')).toMatch(/^This file is neither .* Nothing was imported\.$/s);
  expect(await imported(ida, messages(1))).toBe('Imported 1 message.');
});

test('the result is read without the password, the next import asks for it', async () => {
  const jan = await registered(app.url, 'jan');
  await imported(jan, messages(2));
  await app.pool.query(
    `update sessions set sess = sess - 'provenAt' where user_id = (select id from users where username = 'jan')`,
  );
  const page = await jan.get('/account/import');
  expect(page.$('.result p').first().text()).toBe('Imported 2 messages.');
  expect(page.$('input[type=file]')).toHaveLength(0);
  const link = page.$('main a:contains("Import another file")').attr('href');
  expect(link).toBe('/account/proof?next=%2Faccount%2Fimport');
});

describe('what ends it', () => {
  test('cancelling, from another device and at another process; nothing is left of it', async () => {
    const bob = await registered(app.url, 'bob');
    const other = await startApp({}, app.databaseUrl);
    await beginWriting(bob);
    const cancelled = await at(other.url, bob).submit('/account/import', {}, '/account/import/cancel');
    expect(cancelled.headers.location).toBe('/account/import');
    expect(await resultOf(bob)).toBe('You cancelled this import. Nothing was imported.');
    await expect.poll(() => writingConnections(), { timeout: 5000 }).toBe(0);
    expect(await held(bob)).toBe(0);
    await other.close();
  });

  test('a form that cancels an import that has ended, or somebody else’s, changes nothing', async () => {
    const [carl, dina] = [await registered(app.url, 'carl'), await registered(app.url, 'dina')];
    await imported(carl, messages(1));
    await beginWriting(dina, 6000);
    const theirs = await dina.hidden('/account/import', '/account/import/cancel');
    const token = await carl.hidden('/account/import');
    await carl.post('/account/import/cancel', { ...theirs, ...token });
    await carl.post('/account/import/cancel', { ...token, job: 'x' });
    expect(await resultOf(carl)).toBe('Imported 1 message.');
    expect(await resultOf(dina)).toBe('Imported 6,000 messages.');
    expect((await carl.post('/account/import/cancel', { job: theirs.job! })).status).toBe(403);
    expect((await carl.get('/account/import/cancel')).status).toBe(405);
    expect((await carl.get('/account/import/dismiss')).status).toBe(405);
  });

  test('not a logout: whoever logs in again finds it done', async () => {
    const erin = await registered(app.url, 'erin');
    await beginWriting(erin, 6000);
    expect((await erin.submit('/inbox', {}, '/logout')).status).toBe(303);
    expect(await resultOf(await loggedInWith(app.url, erin))).toBe('Imported 6,000 messages.');
  });

  test.each([
    ['signing out all other devices', 'fay', '/account/devices/end-others'],
    ['signing out the device that started it', 'fred', '/account/devices/end'],
  ])('%s', async (_, name, action) => {
    const person = await registered(app.url, name);
    const owner = await loggedInWith(app.url, person);
    await beginWriting(person);
    expect((await owner.submit('/account/devices', {}, action)).status).toBe(303);
    expect(await resultOf(owner)).toBe(stopped);
    await expect.poll(() => writingConnections(), { timeout: 5000 }).toBe(0);
    expect(await held(person)).toBe(0);
  });

  test('a new password ends it, unless it was set on the very device that imports', async () => {
    const change = { current: 'a long enough password', password: 'another long enough password' };
    const gus = await registered(app.url, 'gus');
    const owner = await loggedInWith(app.url, gus);
    await beginWriting(gus);
    expect((await owner.submit('/account/password', change)).status).toBe(303);
    expect(await resultOf(owner)).toBe(stopped);
    await expect.poll(() => writingConnections(), { timeout: 5000 }).toBe(0);
    expect(await held(gus)).toBe(0);

    const helen = await registered(app.url, 'helen');
    await beginWriting(helen, 6000);
    expect((await helen.submit('/account/password', change)).status).toBe(303);
    expect(await resultOf(helen)).toBe('Imported 6,000 messages.');
  });

  test('deleting the account: at once, and the import gives way', async () => {
    const hana = await registered(app.url, 'hana');
    const form = await hana.hidden('/account/leave');
    await beginWriting(hana, 20_000);
    const left = await hana.post('/account/leave', { ...form, password: hana.password });
    expect([left.status, left.get('Location')]).toEqual([303, '/']);
    await expect.poll(() => writingConnections(), { timeout: 5000 }).toBe(0);
    expect(
      (await app.pool.query(`select from users where username = 'hana' or username is null`)).rowCount,
    ).toBe(0);
    expect((await app.pool.query('select from imports where result is null')).rowCount).toBe(0);
  });

  test('the end of its process: it says so, nothing is left, and the next one may begin', async () => {
    const short = await startApp({}, app.databaseUrl);
    const kim = at(short.url, await registered(app.url, 'kim'));
    await beginWriting(kim);
    const startedAt = performance.now();
    await short.close();
    expect(performance.now() - startedAt).toBeLessThan(4000);
    const here = at(app.url, kim);
    expect(await resultOf(here)).toBe(interrupted);
    expect(await held(kim)).toBe(0);
    expect(await imported(here, messages(3))).toBe('Imported 3 messages.');
  });

  test('thirty seconds without a sign of life: it can neither write nor come back', async () => {
    const lea = await registered(app.url, 'lea');
    await beginWriting(lea);
    // Its next beat must not count, nor its last step.
    await app.pool.query(`update imports set beat_at = now() - interval '31 seconds' where result is null`);
    expect(await resultOf(lea)).toBe(interrupted);
    await expect.poll(() => writingConnections(), { timeout: 20_000 }).toBe(0);
    expect(await resultOf(lea)).toBe(interrupted);
    expect(await held(lea)).toBe(0);
    expect(await imported(lea, messages(3))).toBe('Imported 3 messages.');
  });
});

/** How many transactions are open that write messages: their connections have locked the table. */
async function writingConnections(): Promise<number> {
  const { rowCount } = await app.pool.query(
    `select from pg_locks l join pg_database d on d.oid = l.database
     where l.relation = 'messages'::regclass and l.mode = 'RowExclusiveLock' and d.datname = current_database()`,
  );
  return rowCount!;
}

test('a mailbox that gets full while it is written takes nothing of it', async () => {
  const small = await startApp({ MAILBOX_MESSAGES: '8000' }, app.databaseUrl);
  const [frank, gina] = [await registered(small.url, 'frank'), await registered(small.url, 'gina')];
  await beginWriting(frank, 8000);
  expect((await gina.send('frank', 'Here first')).status).toBe(303);
  expect(await importsIn('writing')).toBe(1);
  expect(await resultOf(frank)).toMatch(/^Your mailbox has room for 7,999 more messages/);
  expect(await held(frank)).toBe(0);
  expect((await frank.get('/inbox')).$('.messages > li')).toHaveLength(1);
  await small.close();
});

test('no import while an export is made, and no export while an import is under way', async () => {
  const dora = await registered(app.url, 'dora');
  await fillMailbox(app.databaseUrl, 'dora', 3000, 1900);
  const answer = await beginExport(app.url, dora);
  const begun = await readSome(answer);
  const refused = await importFile(dora, messages(10));
  expect([refused.status, refused.$('#file-error').text()]).toEqual([
    422,
    'An export of yours is being made. Try again when you have the whole file. Nothing was imported.',
  ]);
  const zip = await readRest(answer, begun);
  expect(JSON.parse(zip.get('messages.json')!)).toHaveLength(3000);

  const fields = await dora.hidden('/account/export');
  await beginWriting(dora, 8000);
  const later = await dora.post('/account/export', fields);
  expect([later.status, later.$('#form-error').text()]).toEqual([
    409,
    'An import of yours is under way. When it is done, you can ask for an export.',
  ]);
  await resultOf(dora);
  const both = await unzip(await exportOf(app.url, dora));
  expect(JSON.parse(both.get('messages.json')!)).toHaveLength(11_000);
});

test('one at a time a person, in all processes: whoever sends slowly keeps nobody but themselves waiting', async () => {
  const [nora, carol] = [await registered(app.url, 'nora'), await registered(app.url, 'carol')];
  const other = await startApp({}, app.databaseUrl);
  const form = formWith(await nora.hidden('/account/import'), messages(1));
  const slow = [await beginImport(nora, messages(2), 600)];
  await expect.poll(() => importsIn('uploading'), { interval: 20 }).toBe(1);
  for (const url of [app.url, other.url]) {
    const refused = await at(url, nora).ask('post', '/account/import', multipart, form);
    expect([refused.status, refused.$('#file-error').text()]).toEqual([
      422,
      'Another file of yours is being imported. Try again when that is done. Nothing was imported.',
    ]);
  }
  expect((await nora.get('/account/import')).$('[data-words]').text()).toMatch(
    /^Uploading: \d+ of \d+ kB\.$/,
  );
  expect(await imported(carol, messages(3))).toBe('Imported 3 messages.');
  for (const sent of slow) sent.destroy();
  expect(await resultOf(nora)).toBe('The file did not arrive whole. Nothing was imported.');
  expect(await imported(nora, messages(1))).toBe('Imported 1 message.');
  await other.close();
});

test('an upload that is cancelled from another device ends', async () => {
  const owen = await registered(app.url, 'owen');
  const sent = await beginImport(owen, messages(200), 20_000);
  await expect.poll(() => importsIn('uploading'), { interval: 20 }).toBe(1);
  const answer = new Promise<number | undefined>((resolve) =>
    sent.on('response', (response) => resolve(response.statusCode)),
  );
  await (await loggedInWith(app.url, owen)).submit('/account/import', {}, '/account/import/cancel');
  expect(await answer).toBe(303);
  sent.destroy();
  expect(await resultOf(owen)).toBe('You cancelled this import. Nothing was imported.');
});

test('few files are read at once, the others in their turn; very many people are asked to come back', async () => {
  const places = createPlaces();
  let reading = 0;
  let most = 0;
  const done: number[] = [];
  const read = (n: number) => {
    const leave = places.take();
    return places
      .inTurn(async () => {
        most = Math.max(most, (reading += 1));
        await sleep(5);
        reading -= 1;
        done.push(n);
        if (n % 3 === 0) throw new Error('unreadable');
      })
      .finally(leave);
  };
  const all = Array.from({ length: filesAtOnce }, (_, n) => read(n).catch(() => {}));
  expect(() => places.take()).toThrow(expect.objectContaining({ status: 503, retryAfter: 60 }));
  await Promise.all(all);
  expect(most).toBe(readAtOnce);
  expect(done).toEqual(all.map((_, n) => n));
  await read(1);
});

// An import under way: it ends with whoever waits for it.
import { request as ask, type ClientRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '../../src/ids.ts';
import { beginExport, exportOf, fillMailbox, readRest, readSome } from '../exports/exporting.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { registered, type Person } from '../support/person.ts';
import { filesAtOnce, createPlaces, readAtOnce } from '../../src/imports/places.ts';
import { unzip } from '../support/zip.ts';
import { formWith, imported, importFile, multipart } from './importing.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

/** A messages.json with so many letters. */
function letters(count: number, body = 'word '.repeat(100)): string {
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

/** How many are being written: each holds a lock of its person's, in this database. */
const writing = async () =>
  (
    await app.pool.query(
      `select from pg_locks l join pg_database d on d.oid = l.database
       where l.locktype = 'advisory' and d.datname = current_database()`,
    )
  ).rowCount;
const held = async ({ username }: Person) =>
  (
    await app.pool.query('select from messages where owner_id = (select id from users where username = $1)', [
      username,
    ])
  ).rowCount;

test('whoever goes away while it is written has nothing imported, soon', async () => {
  const alice = await registered(app.url, 'alice');
  const sent = await beginImport(alice, letters(20_000));
  await expect.poll(writing, { interval: 5, timeout: 20_000 }).toBe(1);
  await sleep(100);
  sent.destroy();
  await expect.poll(writing, { interval: 20, timeout: 10_000 }).toBe(0);
  expect(await held(alice)).toBe(0);
});

test('whoever is signed out while it is written has nothing imported', async () => {
  const erin = await registered(app.url, 'erin');
  const fields = await erin.hidden('/inbox', '/logout');
  (await beginImport(erin, letters(8000))).end();
  await expect.poll(writing, { interval: 5, timeout: 20_000 }).toBe(1);
  expect((await erin.post('/logout', fields)).status).toBe(303);
  await expect.poll(writing, { timeout: 20_000 }).toBe(0);
  expect(await held(erin)).toBe(0);
});

test('whoever leaves while it is written is deleted at once, and the import gives way', async () => {
  const hana = await registered(app.url, 'hana');
  const form = await hana.hidden('/account/leave');
  (await beginImport(hana, letters(20_000))).end();
  await expect.poll(writing, { interval: 5, timeout: 20_000 }).toBe(1);
  await sleep(100);
  const left = await hana.post('/account/leave', { ...form, password: hana.password });
  expect([left.status, left.get('Location')]).toEqual([303, '/']);
  await expect.poll(writing, { timeout: 5000 }).toBe(0);
  expect(
    (await app.pool.query(`select from users where username = 'hana' or username is null`)).rowCount,
  ).toBe(0);
});

test('a mailbox that gets full while it is written takes nothing of it', async () => {
  const small = await startApp({ MAILBOX_MESSAGES: '8000' }, app.databaseUrl);
  const [frank, gina] = [await registered(small.url, 'frank'), await registered(small.url, 'gina')];
  const importing = importFile(frank, letters(8000));
  await expect.poll(writing, { interval: 5, timeout: 20_000 }).toBe(1);
  expect((await gina.send('frank', 'Here first')).status).toBe(303);
  expect(await writing()).toBe(1);
  const refused = await importing;
  expect(refused.$('#file-error').text()).toMatch(/^Your mailbox has room for 7,999 more messages/);
  expect(await held(frank)).toBe(1);
  await small.close();
});

test('no import while an export is made, and no export while an import is written', async () => {
  const dora = await registered(app.url, 'dora');
  await fillMailbox(app.databaseUrl, 'dora', 3000, 1900);
  const answer = await beginExport(app.url, dora);
  const begun = await readSome(answer);
  const refused = await importFile(dora, letters(10));
  expect([refused.status, refused.$('#file-error').text()]).toEqual([
    422,
    'An export of yours is being made. Try again when you have the whole file. Nothing was imported.',
  ]);
  const zip = await readRest(answer, begun);
  expect(JSON.parse(zip.get('messages.json')!)).toHaveLength(3000);

  const fields = await dora.hidden('/account/export');
  (await beginImport(dora, letters(8000))).end();
  await expect.poll(writing, { interval: 5, timeout: 20_000 }).toBe(1);
  const later = await dora.post('/account/export', fields);
  expect([later.status, later.$('#form-error').text()]).toEqual([
    409,
    'An import of yours is being written. When it is done, you can ask for an export.',
  ]);
  await expect.poll(writing, { timeout: 20_000 }).toBe(0);
  const both = await unzip(await exportOf(app.url, dora));
  expect(JSON.parse(both.get('messages.json')!)).toHaveLength(11_000);
});

test('one at a time a person: whoever sends slowly keeps nobody but themselves waiting', async () => {
  const [bob, carol] = [await registered(app.url, 'bob'), await registered(app.url, 'carol')];
  const slow = [await beginImport(bob, letters(2), 600), await beginImport(bob, letters(2), 600)];
  await sleep(200);
  const refused = await importFile(bob, letters(1));
  expect([refused.status, refused.$('#file-error').text()]).toEqual([
    422,
    'Another file of yours is being imported. Try again when that is done. Nothing was imported.',
  ]);
  expect(await imported(carol, letters(3))).toBe('Imported 3 messages.');
  for (const sent of slow) sent.destroy();
  await expect.poll(async () => (await importFile(bob, letters(1))).status, { timeout: 5000 }).toBe(303);
});

test('few files are read at once, the others in their turn; very many people are asked to come back', async () => {
  const places = createPlaces();
  let reading = 0;
  let most = 0;
  const done: number[] = [];
  const read = (n: number) =>
    places.take(`person ${n}`, () =>
      places.inTurn(async () => {
        most = Math.max(most, (reading += 1));
        await sleep(5);
        reading -= 1;
        done.push(n);
        if (n % 3 === 0) throw new Error('unreadable');
      }),
    );
  const all = Array.from({ length: filesAtOnce }, (_, n) => read(n).catch(() => {}));
  await expect(read(filesAtOnce)).rejects.toMatchObject({ status: 503, retryAfter: 60 });
  await Promise.all(all);
  expect(most).toBe(readAtOnce);
  expect(done).toEqual(all.map((_, n) => n));
  await read(1);
});

// Running imports continue without their request, one at a time.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { maxFiles, createImportSlots, maxReading } from '../../../src/transfers/imports/import-slots.ts';
import { beginExport, exportOf, fillMailbox, readRest, readSome } from '../exports/exporting.ts';
import { loggedInWith } from '../../support/agents.ts';
import { startApp } from '../../support/app.ts';
import { cast } from '../../support/cast.ts';
import { at, registered } from '../../support/person.ts';
import { unzip } from '../../support/zip.ts';
import { formWith, imported, importFile, multipart, resultOf } from './importing.ts';
import { beginImport, beginWriting, countImported, importsIn, messages, slowDownWriting } from './jobs.ts';

const { app, alice } = await cast();
beforeAll(() => slowDownWriting(app.pool));
afterAll(() => app.close());

test('it continues when the browser is closed, with its progress on every device and process', async () => {
  const elsewhere = await loggedInWith(app.url, alice);
  const other = await startApp({}, app.databaseUrl);
  const sent = await beginImport(app.url, alice, messages(3000));
  sent.end();
  const isChecked = () => importsIn(app.pool, 'reading');
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
  }
  expect([...seen]).toContain('Writing: # of # messages#');
  expect([...seen]).toContain('Checking the file: # of # MB read#');
  expect(await resultOf(alice)).toBe('Imported 3,000 messages.');
  expect(await resultOf(elsewhere)).toBe('Imported 3,000 messages.');
  expect(await countImported(app.pool, alice)).toBe(3000);
  await other.close();
});

test('its result stays until dismissed or until the next import', async () => {
  const ida = await registered(app.url, 'ida');
  await imported(ida, messages(2));
  expect(await resultOf(ida)).toBe('Imported 2 messages.');
  const dismissed = await ida.submit('/account/import', {}, '/account/import/dismiss');
  expect(dismissed.headers.location).toBe('/account');
  expect((await ida.get('/account/import')).$('.result')).toHaveLength(0);
  expect(await imported(ida, 'Dear diary')).toMatch(/^This file is neither .* Nothing was imported\.$/s);
  expect(await imported(ida, messages(1))).toBe('Imported 1 message.');
});

test('viewing the result does not require the password; the next import does', async () => {
  const jan = await registered(app.url, 'jan');
  await imported(jan, messages(2));
  await app.pool.query(
    `update sessions set sess = sess - 'confirmedAt' where user_id = (select id from users where username = 'jan')`,
  );
  const page = await jan.get('/account/import');
  expect(page.$('.result p').first().text()).toBe('Imported 2 messages.');
  expect(page.$('input[type=file]')).toHaveLength(0);
  const link = page.$('main a:contains("Import another file")').attr('href');
  expect(link).toBe('/account/confirm?next=%2Faccount%2Fimport');
});

test('a mailbox that becomes full while an import writes to it gets nothing of it', async () => {
  const small = await startApp({ MAILBOX_MESSAGES: '1500' }, app.databaseUrl);
  const [frank, gina] = [await registered(small.url, 'frank'), await registered(small.url, 'gina')];
  await beginWriting(app.pool, frank, 1500);
  expect((await gina.send('frank', 'Here first')).status).toBe(303);
  expect(await importsIn(app.pool, 'writing')).toBe(1);
  expect(await resultOf(frank)).toMatch(/^Your mailbox has room for 1,499 more messages/);
  expect(await countImported(app.pool, frank)).toBe(0);
  expect((await frank.get('/inbox')).$('.messages > li')).toHaveLength(1);
  await small.close();
});

test('no import during an export, and no export during an import', async () => {
  const dora = await registered(app.url, 'dora');
  await fillMailbox(app.databaseUrl, 'dora', 3000, 1900);
  const answer = await beginExport(app.url, dora);
  const begun = await readSome(answer);
  const refused = await importFile(dora, messages(10));
  expect([refused.status, refused.$('#file-error').text()]).toEqual([
    422,
    'An export is running. Try again when it is complete. Nothing was imported.',
  ]);
  const zip = await readRest(answer, begun);
  expect(JSON.parse(zip.get('messages.json')!)).toHaveLength(3000);

  const fields = await dora.hidden('/account/export');
  await beginWriting(app.pool, dora, 2000);
  const later = await dora.post('/account/export', fields);
  expect([later.status, later.$('#form-error').text()]).toEqual([
    409,
    'An import is running. Please wait until it is done.',
  ]);
  await resultOf(dora);
  const both = await unzip(await exportOf(app.url, dora));
  expect(JSON.parse(both.get('messages.json')!)).toHaveLength(5000);
});

test('one at a time per user, over all processes: a slow sender delays only their own', async () => {
  const [nora, carol] = [await registered(app.url, 'nora'), await registered(app.url, 'carol')];
  const other = await startApp({}, app.databaseUrl);
  const form = formWith(await nora.hidden('/account/import'), messages(1));
  const slow = [await beginImport(app.url, nora, messages(2), 600)];
  await expect.poll(() => importsIn(app.pool, 'uploading'), { interval: 20 }).toBe(1);
  for (const url of [app.url, other.url]) {
    const refused = await at(url, nora).ask('post', '/account/import', multipart, form);
    expect([refused.status, refused.$('#file-error').text()]).toEqual([
      422,
      'Another import is running. Try again when it is done. Nothing was imported.',
    ]);
  }
  expect((await nora.get('/account/import')).$('[data-words]').text()).toMatch(
    /^Uploading: \d+ of \d+ kB\.$/,
  );
  expect(await imported(carol, messages(3))).toBe('Imported 3 messages.');
  for (const sent of slow) sent.destroy();
  expect(await resultOf(nora)).toBe('The file arrived incomplete. Nothing was imported.');
  expect(await imported(nora, messages(1))).toBe('Imported 1 message.');
  await other.close();
});

test('an upload cancelled from another device ends', async () => {
  const owen = await registered(app.url, 'owen');
  const sent = await beginImport(app.url, owen, messages(200), 20_000);
  await expect.poll(() => importsIn(app.pool, 'uploading'), { interval: 20 }).toBe(1);
  const answer = new Promise<number | undefined>((resolve) =>
    sent.on('response', (response) => resolve(response.statusCode)),
  );
  await (await loggedInWith(app.url, owen)).submit('/account/import', {}, '/account/import/cancel');
  expect(await answer).toBe(303);
  sent.destroy();
  expect(await resultOf(owen)).toBe('You cancelled this import. Nothing was imported.');
});

test('few files are read concurrently, others queue, and beyond that users are asked to try later', async () => {
  const places = createImportSlots();
  let reading = 0;
  let most = 0;
  const done: number[] = [];
  const read = (n: number) => {
    const leave = places.take();
    return places
      .limit(async () => {
        most = Math.max(most, (reading += 1));
        await sleep(5);
        reading -= 1;
        done.push(n);
        if (n % 3 === 0) throw new Error('unreadable');
      })
      .finally(leave);
  };
  const all = Array.from({ length: maxFiles }, (_, n) => read(n).catch(() => {}));
  expect(() => places.take()).toThrow(expect.objectContaining({ status: 503, retryAfter: 60 }));
  await Promise.all(all);
  expect(most).toBe(maxReading);
  expect(done).toEqual(all.map((_, n) => n));
  await read(1);
});

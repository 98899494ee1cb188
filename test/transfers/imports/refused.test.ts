// Damaged, oversized and malicious files are refused with the reason, leaving nothing.
import { once } from 'node:events';
import { request as ask, type IncomingMessage } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import { deflateRawSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { newId } from '../../../src/ids.ts';
import { maxUploadBytes } from '../../../src/transfers/imports/upload.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { registered, stranger, type Person } from '../../support/person.ts';
import { zipped } from '../../support/zip.ts';
import {
  filesLeft,
  formWith,
  imported,
  mailboxes,
  mboxOf,
  multipart,
  ownDataFolder,
  refusalOf,
} from './importing.ts';

const { folder, remove: removeFolder } = ownDataFolder();
let app: TestApp;
let alice: Person;
let before: string;
beforeAll(async () => {
  app = await startApp({ MAILBOX_MESSAGES: '150', DATA_DIR: folder });
  alice = await registered(app.url, 'alice');
  await alice.send('alice', 'Here already');
});
beforeEach(async () => {
  before = await mailboxes(app.pool);
});
afterEach(async () => {
  expect(await mailboxes(app.pool)).toBe(before);
  expect(filesLeft(folder)).toEqual([]);
  // The notifier takes one for a moment, ten milliseconds after an import; none may stay taken.
  await expect.poll(() => app.appPool.totalCount - app.appPool.idleCount).toBe(0);
});
afterAll(async () => {
  await app.close();
  removeFolder();
});

const at = new Date('2026-01-02T03:04:05.678Z');
const id = '019b7cbd-88ee-7000-8000-000000000001'.replace(/^.{13}/, newId(at).slice(0, 13));
const good = {
  id,
  box: 'inbox',
  with: 'bob',
  notice: false,
  sentAt: at.toISOString(),
  unread: true,
  trashedAt: null,
  body: 'Good',
};
const json = (...messages: unknown[]) => `[\n${messages.map((m) => JSON.stringify(m)).join(',\n')}\n]\n`;
const next = (n: number) => id.slice(0, -3) + String(100 + n);

async function expectRefused(file: Buffer | string, reason: RegExp | string): Promise<void> {
  const said = await refusalOf(alice, file);
  expect(said).toMatch(reason);
  expect(said).toMatch(/Nothing was imported\.$/);
}

test.each<[what: string, change: object, reason: string]>([
  ['an id that is none', { id: 'x' }, '“id”'],
  ['an id of another time', { id: newId(new Date('2025-01-01')) }, 'another time'],
  ['the highest id there is', { id: 'ffffffff-ffff-ffff-ffff-ffffffffffff' }, ''],
  [
    'the lowest id there is',
    { id: '00000000-0000-0000-0000-000000000000', sentAt: '1970-01-01T00:00:00.000Z' },
    '“id”',
  ],
  ['an id of another version', { id: id.replace('-7000-', '-4000-') }, '“id”'],
  ['a day in the trash to come', { trashedAt: '9999-12-31T23:59:59.999Z' }, '“trashedAt”'],
  [
    'a day in the trash before it was sent',
    { trashedAt: '2026-01-01T00:00:00.000Z' },
    '“trashedAt” is before',
  ],
  ['another box', { box: 'trash' }, '“box”'],
  ['a name that is a number', { with: 7 }, '“with”'],
  ['a name with a line feed', { with: 'bob\nalice' }, '“with”'],
  ['a name of 321 characters', { with: 'x'.repeat(321) }, '“with”'],
  ['a time without a zone', { sentAt: '2026-01-02T03:04:05.678' }, '“sentAt”'],
  ['a day that does not exist', { trashedAt: '2026-02-30T00:00:00.000Z' }, '“trashedAt”'],
  ['a time in the future', { sentAt: '2999-01-01T00:00:00.000Z' }, '“sentAt”'],
  ['a truth that is a string', { unread: 'yes' }, '“unread”'],
  ['what was sent and is unread', { box: 'sent' }, 'neither unread'],
  ['no text', { body: '' }, '“body”'],
  ['a text of 10,001 characters', { body: '🦉'.repeat(10_001) }, '“body”'],
  ['a text with NUL', { body: 'a\0b' }, '“body”'],
  ['half a character', { body: 'a\uD800b' }, '“body”'],
  ['a text that is a list', { body: ['a'] }, '“body”'],
  ['a field of its own', { other_id: id }, 'fields that are not known'],
  ['a field less', { notice: undefined }, '“notice”'],
])('a message with %s', async (_, change, reason) => {
  const later = { ...good, id: next(1), ...change };
  const file = await zipped({ 'messages.json': json(good, later) });
  await expectRefused(file, new RegExp(`Message 2 in the file.*${reason}`));
});

test.each<[what: string, file: () => string, reason: string]>([
  ['a list that breaks off', () => json(good).slice(0, -3), 'breaks off'],
  ['a message that breaks off', () => json(good).slice(0, -30), 'not as an export'],
  ['the same message twice', () => json(good, good), 'twice or out of order'],
  ['an object', () => '{"messages": []}', 'not as an export'],
  ['a list of strings', () => json('a'), 'not a message'],
  ['a line without end', () => `[\n"${'x'.repeat(300_000)}`, 'too long'],
  ['nothing', () => '', 'not as an export|breaks off'],
  ['more behind the end', () => `${json(good)}x`, 'not as an export'],
])('a messages.json with %s', async (_, content, reason) => {
  await expectRefused(await zipped({ 'messages.json': content() }), new RegExp(reason));
});

test('a file that is not UTF-8', async () => {
  const [start = '', end = ''] = json(good).split('Good');
  const file = Buffer.concat([Buffer.from(start), Buffer.from([0xff, 0xfe]), Buffer.from(end)]);
  await expectRefused(await zipped({ 'messages.json': file }), 'not as an export');
});

test('another kind of file, or an empty one', async () => {
  await expectRefused('Dear diary', 'neither a zip');
  await expectRefused('', 'Please choose a file');
  await expectRefused(Buffer.from([0x89, 0x50, 0x4e, 0x47]), 'neither a zip');
});

test('a zip that is truncated, altered, encrypted or incomplete', async () => {
  const zip = await zipped({
    'messages.json': json(good, ...Array.from({ length: 50 }, (_, n) => ({ ...good, id: next(n + 1) }))),
  });
  await expectRefused(zip.subarray(0, -10), 'damaged');
  await expectRefused(zip.subarray(0, 100), 'damaged');
  for (const position of [60, 100, 200]) {
    const changed = Buffer.from(zip);
    changed[position]! ^= 0x55;
    await expectRefused(changed, /damaged|not as an export|in the file/);
  }
  const encrypted = Buffer.from(zip);
  const directory = encrypted.indexOf(Buffer.from('PK\u0001\u0002', 'latin1'));
  encrypted.writeUInt16LE(encrypted.readUInt16LE(directory + 8) | 1, directory + 8);
  await expectRefused(encrypted, 'encrypted');
  await expectRefused(await zipped({ 'inner.zip': zip }), 'no messages.json');
  await expectRefused(await zipped({ 'folder/notes.json': json(good) }), 'no messages.json');
});

test('a zip with path traversal', async () => {
  const zip = await zipped({ 'messages.json': json(good), aaaaaaaaaaaa: 'x' });
  for (const name of ['../../passwd', '/etc/passwdx', 'a\\..\\..\\bcd', 'C:/aaaaaaaaa']) {
    const tricky = Buffer.from(
      zip.toString('latin1').replaceAll('aaaaaaaaaaaa', name.padEnd(12, 'x')),
      'latin1',
    );
    await expectRefused(tricky, 'leads out of it');
  }
});

test('a zip with very many entries, or with duplicates', async () => {
  const many = await zipped({ 'messages.json': json(good) });
  many.writeUInt16LE(20_001, many.length - 12); // how many it says there are
  await expectRefused(many, 'too many files');
  const twice = await zipped({ 'messages.json': json(good), 'messages.jsoo': json(good) });
  const same = Buffer.from(twice.toString('latin1').replaceAll('messages.jsoo', 'messages.json'), 'latin1');
  await expectRefused(same, 'twice');
});

/** A zip with one file, its size as it says and its content as it is, which need not be the same. */
function liar(content: Buffer, saidSize: number): Buffer {
  const name = Buffer.from('messages.json');
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(20, 4);
  local.writeUInt16LE(8, 8);
  local.writeUInt32LE(content.length, 18);
  local.writeUInt32LE(saidSize, 22);
  local.writeUInt16LE(name.length, 26);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(20, 6);
  central.writeUInt16LE(8, 10);
  central.writeUInt32LE(content.length, 20);
  central.writeUInt32LE(saidSize, 24);
  central.writeUInt16LE(name.length, 28);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length + name.length, 12);
  end.writeUInt32LE(local.length + name.length + content.length, 16);
  return Buffer.concat([local, name, content, central, name, end]);
}

test('zip bombs: one long line, two gigabytes of blank lines, and a false size', async () => {
  const line = deflateRawSync(Buffer.alloc(300_000_000, 'x'));
  const startedAt = performance.now();
  await expectRefused(liar(line, 300_000_000), 'more than 500 times its size');
  await expectRefused(liar(line, 1000), /too long|damaged/);
  await expectRefused(liar(line, 4_100_000_000), 'more than 4 GB');
  const blank = deflateRawSync(Buffer.concat([Buffer.from('[\n]\n'), Buffer.alloc(300_000_000, '\n')]));
  await expectRefused(liar(blank, 1000), /damaged/);
  expect(performance.now() - startedAt).toBeLessThan(20_000);
});

test('more messages than there is room for: refused before anything is written', async () => {
  const file = json(...Array.from({ length: 149 }, (_, n) => ({ ...good, id: next(n) })));
  await expectRefused(file, 'has room for 148 more messages, and this file has more');
});

test('a file announced as larger than 2 GB, before it is sent', async () => {
  const form = formWith(await alice.hidden('/account/import'), '[\n');
  const length = { 'Content-Length': maxUploadBytes + 50_000, Cookie: alice.cookies() };
  const asked = ask(`${app.url}/account/import`, { method: 'POST', headers: { ...multipart, ...length } });
  asked.on('error', () => {});
  asked.write(form);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  expect(answer.statusCode).toBe(422);
  expect(await textOf(answer)).toContain('This file is larger than 2 GB. Nothing was imported.');
  asked.destroy();
});

test('a million mails of thirty bytes: read only as far as there is room', async () => {
  const msToRefuse = async (count: number): Promise<number> => {
    const mails = Buffer.alloc(33 * count, 'From a Tue Nov 24 03:27:57 2026\n\n');
    const zip = await zipped({ 'mailbox.mbox': mails });
    const startedAt = performance.now();
    await expectRefused(zip, 'has room for 148 more messages');
    return performance.now() - startedAt;
  };
  const few = await msToRefuse(10_000);
  expect((await msToRefuse(1_000_000)) / few).toBeLessThan(20); // of 100 times as many
});

test('our own mbox with an incomplete text', async () => {
  const mail = `Message-ID: <${id}@private-messages.invalid>\nX-Private-Messages-Box: inbox\nX-Private-Messages-Sent-At: ${good.sentAt}\nX-Private-Messages-Length: 4\nContent-Transfer-Encoding: base64`;
  const ours = (text: string) => mboxOf(text).replace('somebody', 'private-messages.invalid');
  await expectRefused(ours(`${mail}\n\nR29v`), 'incomplete');
  await expectRefused(
    mboxOf('Subject: a\n\nb') + ours(`${mail}\n\nR29vZGJ5ZQ==`),
    'Mail 2 in the file is incomplete',
  );
  await expectRefused(ours(`${mail.replace(id, id.replaceAll('-', 'a'))}\n\nR29vZA==`), '“id”');
});

test('a form that ends before its file, or within its fields', async () => {
  const fields = await alice.hidden('/account/import');
  const whole = formWith(fields, json(good));
  for (const [left, words] of [
    [-40, 'The file arrived incomplete. Nothing was imported.'],
    [-26, 'The file arrived incomplete. Nothing was imported.'],
    [-200, 'The file arrived incomplete. Nothing was imported.'],
    [100, 'This form arrived incomplete.'],
  ] as const) {
    const answer = await alice.ask('post', '/account/import', multipart, whole.subarray(0, left));
    expect([left, answer.status]).toEqual([left, 400]);
    expect(answer.$('main').text()).toContain(words);
  }
});

test('a request without login or token, or with the token behind the file', async () => {
  const file = json(good);
  const fields = await alice.hidden('/account/import');
  const nobody = stranger(app.url);
  const asStranger = await nobody.ask('post', '/account/import', multipart, formWith(fields, file));
  expect([asStranger.status, asStranger.headers.location]).toEqual([303, '/login']);
  for (const body of [
    formWith({}, file),
    formWith({ _csrf: 'forged' }, file),
    Buffer.concat([formWith({}, file).subarray(0, -26), formWith(fields, 'x')]),
  ])
    expect((await alice.ask('post', '/account/import', multipart, body)).status).toBe(403);
  const elsewhere = { ...multipart, 'Sec-Fetch-Site': 'cross-site' };
  expect((await alice.ask('post', '/account/import', elsewhere, formWith(fields, file))).status).toBe(403);
  expect((await alice.post('/account/import')).status).toBe(403);
  expect((await alice.submit('/account/import')).$('#file-error').text()).toMatch(/^Please choose a file/);
  expect((await alice.ask('put', '/account/import')).status).toBe(405);
  expect((await nobody.get('/account/import')).headers.location).toBe('/login?next=%2Faccount%2Fimport');
  const broken = await alice.ask('post', '/account/import', { 'Content-Type': 'multipart/form-data' }, 'x');
  expect(broken.status).toBe(400);
});

test('a request without a recently confirmed password', async () => {
  const fields = await alice.hidden('/account/import');
  await app.pool.query(`update sessions set sess = sess - 'confirmedAt'`);
  const answer = await alice.ask('post', '/account/import', multipart, formWith(fields, json(good)));
  expect(answer.headers.location).toBe('/account/confirm?next=%2Faccount%2Fimport');
  const confirmPassword = '/account/confirm?next=/account/import';
  await alice.submit(confirmPassword, { password: alice.password }, '/account/confirm');
});

test('while the same message is imported if it is valid', async () => {
  expect(await imported(alice, await zipped({ 'messages.json': json(good), 'notes.txt': 'x' }))).toBe(
    'Imported 1 message. 1 other file in the zip was ignored.',
  );
  before = await mailboxes(app.pool);
});

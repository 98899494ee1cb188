// `rotate-secret`: a new secret.key; can be interrupted.
import { copyFileSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { encryptAnswer } from '../../src/mailbox/reports/encrypted.ts';
import { createEncryption } from '../../src/secrets/encryption.ts';
import { readSecretKey } from '../../src/secrets/secret-key.ts';
import { keptFolder, newFolder } from '../start/site.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { beginLogin, withCodes, type Authenticator } from '../support/authenticator.ts';
import { copyDatabase } from '../support/database.ts';
import { makeCodes } from '../support/codes.ts';
import { registered, stranger } from '../support/person.ts';
import { createPool } from '../../src/database/pool.ts';
import { runHere, runOperator } from './command.ts';

/** What all begin with a copy of. */
let original: { folder: string; databaseUrl: string };
let folder: string;
let app: Pick<TestApp, 'url' | 'databaseUrl' | 'close'>;
let phone: Authenticator;
let code: string;
const key = (name = 'secret.key') => join(folder, name);
const unbroken = { encrypted: 1, lost: 0, reports: 1, reportsLost: 0 };
const rotate = () =>
  runHere({ DATABASE_URL: app.databaseUrl, DATA_DIR: folder }, ['rotate-secret', '--json']);
beforeAll(async () => {
  const { folder: first, remove } = keptFolder();
  afterAll(remove);
  const site = await startApp({ DATA_DIR: first });
  const alice = await registered(site.url, 'alice');
  phone = await withCodes(alice);
  [code] = (await makeCodes(alice)) as [string];
  const bob = await registered(site.url, 'bob');
  await bob.send('alice', 'A message that hurts');
  const message = (await alice.get('/inbox')).$('.messages h2 a').first().attr('href')!;
  await alice.submit(`${message}/report`, { words: 'My words' });
  const { rows } = await site.pool.query<{ id: string; reporterId: string }>(
    `update reports set closed_at = now(), outcome = 'nothing' returning id, reporter_id as "reporterId"`,
  );
  await site.pool.query('update reports set answer = $1', [
    encryptAnswer(createEncryption(readSecretKey(first)), rows[0]!, 'Their answer'),
  ]);
  const gone = await registered(site.url, 'gone');
  await gone.submit('/account/delete', { password: gone.password });
  await site.close();
  original = { folder: first, databaseUrl: site.databaseUrl };
});
beforeEach(async () => {
  folder = newFolder();
  copyFileSync(join(original.folder, 'secret.key'), key());
  app = { url: '', databaseUrl: await copyDatabase(original.databaseUrl), close: async () => {} };
});
afterEach(() => app.close());

async function expectAllGoesOn(): Promise<void> {
  app = await startApp({ DATA_DIR: folder }, app.databaseUrl);
  const window = stranger(app.url, 'alice');
  await beginLogin(window);
  expect((await window.submit('/login/second/recovery', { recovery: code })).status).toBe(422);
  expect((await window.submit('/login/second', { code: phone.code() })).get('Location')).toBe('/inbox');
  expect((await window.get('/inbox')).text).toContain('Your recovery codes are void');
  const report = (await window.get('/account/reports')).$('.rows').text();
  for (const words of ['A message that hurts', 'My words', 'Their answer']) expect(report).toContain(words);
  const again = { username: 'g0ne', password: 'a long enough password' };
  expect((await stranger(app.url).submit('/register', again)).$('#username-error').text()).toContain('taken');
}

test('encrypts with a new key, names the accounts whose codes are void, and keeps the former key', async () => {
  const former = readFileSync(key());
  const ended = await rotate();
  expect([ended.code, ended.err]).toEqual([0, '']);
  expect(JSON.parse(ended.out)).toEqual({ ...unbroken, recoveryCodesVoided: 1 });
  expect(readFileSync(key())).not.toEqual(former);
  expect(readFileSync(key('secret.key.old'))).toEqual(former);
  expect(existsSync(key('secret.key.next'))).toBe(false);
  await expectAllGoesOn();
});

test('continues after an interruption, before the database or after it', async () => {
  const former = readFileSync(key());
  copyFileSync(key(), key('kept'));
  expect((await rotate()).code).toBe(0);
  // As if it had ended between the database and the files.
  renameSync(key(), key('secret.key.next'));
  renameSync(key('kept'), key());
  expect(() => readSecretKey(folder)).toThrow(/rotate-secret" again/);
  const again = await rotate();
  expect(JSON.parse(again.out)).toEqual({ ...unbroken, recoveryCodesVoided: 0 });
  expect(readFileSync(key())).not.toEqual(former);
  await expectAllGoesOn();
});

test('counts secrets that no key decrypts', async () => {
  rmSync(key());
  const ended = await runOperator({ DATABASE_URL: app.databaseUrl, DATA_DIR: folder }, ['rotate-secret']);
  expect(ended.code).toBe(0);
  expect(ended.err).toContain('1 could not be decrypted with the former key either');
  expect(ended.err).toContain('1 report could not be decrypted either');
});

test('is refused while the program runs, and changes nothing', async () => {
  const former = readFileSync(key());
  app = await startApp({ DATA_DIR: folder }, app.databaseUrl);
  const pool = createPool(app.databaseUrl, () => {});
  for (;;) {
    const { rowCount } = await pool.query(
      `select from pg_stat_activity where datname = current_database() and application_name like '%notifier'`,
    );
    if (rowCount) break;
  }
  await pool.end();
  const ended = await rotate();
  expect([ended.code, ended.err]).toEqual([1, expect.stringContaining('The program is running.')]);
  expect(readFileSync(key())).toEqual(former);
  expect(existsSync(key('secret.key.next'))).toBe(false);
});

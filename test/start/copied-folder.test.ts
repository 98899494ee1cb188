// A copied data folder that lost modes or files, or is of another PostgreSQL version.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { expect, inject, onTestFinished, test, vi } from 'vitest';
import { findBinaries } from '../../src/database/embedded/binaries.ts';
import { checkMajor, repairCopy } from '../../src/database/embedded/copied-folder.ts';
import { createEncryption } from '../../src/secrets/encryption.ts';
import { readSecretKey } from '../../src/secrets/secret-key.ts';
import { newId } from '../../src/ids.ts';
import { encryptContent } from '../../src/mailbox/reports/encrypted.ts';
import { encryptSecret } from '../../src/accounts/second-factor/secrets.ts';
import { registered } from '../support/person.ts';
import { createDatabase } from '../support/database.ts';
import { calmSettings } from '../support/app.ts';
import { begin, isRoot, newFolder, start, usedSite } from './site.ts';

/** All below a folder, folders after what is in them. */
function everything(folder: string): string[] {
  const below = readdirSync(folder, { withFileTypes: true, recursive: true });
  return [...below.map(({ parentPath, name }) => join(parentPath, name)).toReversed(), folder];
}

const lossy: [string, (folder: string) => void][] = [
  [
    'without empty folders, as git does',
    (folder) => execFileSync('find', [folder, '-depth', '-type', 'd', '-empty', '-delete']),
  ],
  ['with modes that everybody may read', (folder) => execFileSync('chmod', ['-R', 'u=rwX,go=rX', folder])],
  ['with modes that everybody may write', (folder) => execFileSync('chmod', ['-R', 'a+rwx', folder])],
  ['with files that nobody may write', (folder) => execFileSync('chmod', ['-R', 'a-w', folder])],
  ['without any mode for its owner', (folder) => everything(folder).forEach((path) => chmodSync(path, 0))],
];

/** Names, modes and owners of all below the folder. */
function listing(folder: string): string[] {
  return everything(folder).map((path) => {
    const { mode, uid, gid } = statSync(path);
    return `${path} ${mode.toString(8)} ${uid} ${gid}`;
  });
}

test.each(lossy)('%s: it is repaired, and reported in one line', async (_name, lose) => {
  const folder = join((await usedSite()).DATA_DIR!, 'postgres');
  const before = listing(folder).toSorted();
  lose(folder);
  expect(listing(folder).toSorted()).not.toEqual(before);
  const told = vi.spyOn(console, 'error').mockImplementation(() => {});
  onTestFinished(() => told.mockRestore());
  repairCopy(folder);
  expect(listing(folder).toSorted()).toEqual(before);
  expect(told.mock.calls).toEqual([[expect.stringMatching(repaired)]]);
  repairCopy(folder);
  expect(told).toHaveBeenCalledOnce();
});

const repaired =
  /^private-messages: the copied data folder was incomplete: created \d+ empty folders and set the modes of \d+ files and folders\.$/m;

test('a folder that lost all of it starts', async () => {
  const site = await usedSite();
  const folder = join(site.DATA_DIR!, 'postgres');
  for (const [, lose] of [lossy[0]!, lossy.at(-1)!]) lose(folder);
  const program = await start(site);
  expect(program.stderr()).toMatch(repaired);
  expect(statSync(folder).mode & 0o7777).toBe(0o700);
  await registered(program.url, 'alice');
  await program.end();
});

test('a copy of a running folder, with permissions for a group and locks of processes elsewhere, starts', async () => {
  const site = await usedSite();
  const folder = join(site.DATA_DIR!, 'postgres');
  execFileSync('find', [folder, '-type', 'd', '-exec', 'chmod', '750', '{}', '+']);
  execFileSync('find', [folder, '-type', 'f', '-exec', 'chmod', '640', '{}', '+']);
  const lock = `${process.pid}\n${folder}\n1\n5432\n${folder}\n\n 1 1\n`;
  for (const name of ['postmaster.pid', '.s.PGSQL.5432.lock'])
    writeFileSync(join(folder, name), lock, { mode: 0o640 });
  const program = await start(site);
  expect(statSync(folder).mode & 0o7777).toBe(0o750);
  await program.end();
  expect(program.stderr()).not.toMatch(/copied|secret\.key/);
});

test.runIf(isRoot)('files recreated by root get the folder’s owner', async () => {
  const folder = join((await usedSite()).DATA_DIR!, 'postgres');
  execFileSync('chown', ['-R', '65534:65534', folder]);
  rmSync(join(folder, 'pg_notify'), { recursive: true });
  repairCopy(folder);
  expect(statSync(join(folder, 'pg_notify')).uid).toBe(65534);
});

const madeBy17 =
  /was created by PostgreSQL 17, and this version of the program has PostgreSQL 18, which cannot read it\. Nothing is lost: .*previous version of the program still starts.*docs\/operations\.md/;

test.each([
  ['17', madeBy17],
  ['9.6', /was created by PostgreSQL 9\.6, and this/],
  [
    '19',
    /was created by PostgreSQL 19, and this version of the program has PostgreSQL 18, which is older and cannot read it: use the version that created it/,
  ],
])('created by PostgreSQL %s: names both versions and the cure', (version, words) => {
  const folder = newFolder();
  writeFileSync(join(folder, 'PG_VERSION'), `${version}\n`);
  expect(() => checkMajor(folder, findBinaries())).toThrow(words);
});

test('created by another version: the program ends with one line, and touches nothing', async () => {
  const site = await usedSite();
  const folder = join(site.DATA_DIR!, 'postgres');
  writeFileSync(join(folder, 'PG_VERSION'), '17\n');
  rmSync(join(folder, 'pg_notify'), { recursive: true });
  const program = await begin(site);
  expect((await program.ended).code).toBe(1);
  expect(program.stderr()).toMatch(/^private-messages: [^\n]+\n$/);
  expect(program.stderr()).toMatch(madeBy17);
  expect(existsSync(join(folder, 'pg_notify'))).toBe(false);
});

test('a lost secret.key is reported with its consequences; the program starts, and the earlier key still works', async () => {
  const DATA_DIR = newFolder();
  copyFileSync(join(inject('dataDir'), 'secret.key'), join(DATA_DIR, 'secret.key')); // that of the cast
  const site = { ...calmSettings, DATABASE_URL: await createDatabase('template_cast'), DATA_DIR };
  const client = new pg.Client({ connectionString: site.DATABASE_URL });
  await client.connect();
  const { rows } = await client.query<{ id: string }>(`select id from users where username = 'alice'`);
  const encryption = createEncryption(readSecretKey(DATA_DIR));
  const aliceId = rows[0]!.id;
  await client.query(
    'insert into totp (user_id, secret, confirmed_at, last_step) values ($1, $2, now(), 0)',
    [aliceId, encryptSecret(encryption, aliceId, Buffer.alloc(20, 1))],
  );
  for (const id of [newId(), newId()]) {
    const content = { body: 'Hello', sentAt: new Date(), from: 'bob', displayName: null, words: '' };
    await client.query(
      `insert into reports (reporter_id, id, message_id, reported_id, encrypted, reported_at)
       values ($1, $2, $2, $2, $3, now())`,
      [aliceId, id, encryptContent(encryption, { reporterId: aliceId, id }, content)],
    );
  }
  await client.end();

  const [file, kept] = ['secret.key', 'secret.key.backup'].map((name) => join(DATA_DIR, name));
  renameSync(file!, kept!);
  const line =
    /^private-messages: secret\.key in DATA_DIR is not the file that encrypted the secrets of 1 authenticator app and 2 reports in this database: .*backup.*--drop-second-factor$/m;
  for (const workers of ['1', '2']) {
    const without = await start({ ...site, WEB_CONCURRENCY: workers });
    await expect.poll(() => without.stderr()).toMatch(line);
    await without.end();
    expect(without.stderr().match(/not the file that encrypted the secrets/g)).toHaveLength(1);
  }

  rmSync(file!);
  renameSync(kept!, file!);
  chmodSync(file!, 0o644);
  const back = await start(site);
  await back.end();
  expect(back.stderr()).not.toContain('secret.key');
  expect(statSync(file!).mode & 0o777).toBe(0o640);
});

// A copied data folder that lost modes or files, or is of another PostgreSQL version.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { expect, test } from 'vitest';
import { createEncryption } from '../../src/secrets/encryption.ts';
import { readSecretKey } from '../../src/secrets/secret-key.ts';
import { encryptSecret } from '../../src/accounts/second-factor/secrets.ts';
import { registered } from '../support/person.ts';
import { createDatabase } from '../support/database.ts';
import { calmSettings } from '../support/app.ts';
import { begin, isRoot, newFolder, socketOf, start, usedSite } from './site.ts';

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

test.each(lossy)(
  '%s: it is repaired, reported in one line, and starts',
  async (_name, lose) => {
    const site = await usedSite();
    const folder = join(site.DATA_DIR!, 'postgres');
    lose(folder);
    const program = await start(site);
    expect(program.stderr()).toMatch(
      /^private-messages: the copied data folder was incomplete: created \d+ empty folders and/m,
    );
    expect(statSync(folder).mode & 0o7777).toBe(0o700);
    await registered(program.url, 'alice');
    await program.end();

    const again = await start(site);
    expect(again.stderr()).not.toContain('copied');
    await again.end();
  },
  120_000,
);

test('correct permissions are kept: a group may still read', async () => {
  const site = await usedSite();
  const folder = join(site.DATA_DIR!, 'postgres');
  execFileSync('find', [folder, '-type', 'd', '-exec', 'chmod', '750', '{}', '+']);
  execFileSync('find', [folder, '-type', 'f', '-exec', 'chmod', '640', '{}', '+']);
  const program = await start(site);
  expect(program.stderr()).not.toContain('copied');
  expect(statSync(folder).mode & 0o7777).toBe(0o750);
  await program.end();
});

test('a copy of a running folder, with locks of processes on another machine, starts', async () => {
  const site = await usedSite();
  const folder = join(site.DATA_DIR!, 'postgres');
  const lock = `${process.pid}\n${folder}\n1\n5432\n${folder}\n\n 1 1\n`;
  for (const name of ['postmaster.pid', '.s.PGSQL.5432.lock']) writeFileSync(join(folder, name), lock);
  const program = await start(site);
  await program.end();
});

test.runIf(isRoot)('files recreated by root get the folder’s owner', async () => {
  const site = await usedSite();
  const folder = join(site.DATA_DIR!, 'postgres');
  execFileSync('chown', ['-R', '65534:65534', folder]);
  rmSync(join(folder, 'pg_notify'), { recursive: true });
  const program = await start(site);
  expect(statSync(join(folder, 'pg_notify')).uid).toBe(statSync(folder).uid);
  await program.end();
});

test.each([
  [
    '17',
    /was created by PostgreSQL 17, and this version of the program has PostgreSQL 18, which cannot read it\. Nothing is lost: .*previous version of the program still starts.*docs\/operations\.md/,
  ],
  ['9.6', /was created by PostgreSQL 9\.6, and this/],
  [
    '19',
    /was created by PostgreSQL 19, and this version of the program has PostgreSQL 18, which is older and cannot read it: use the version that created it/,
  ],
])(
  'created by PostgreSQL %s: one line names both versions and the cure; nothing is touched',
  async (version, line) => {
    const site = await usedSite();
    const folder = join(site.DATA_DIR!, 'postgres');
    writeFileSync(join(folder, 'PG_VERSION'), `${version}\n`);
    rmSync(join(folder, 'pg_notify'), { recursive: true });
    const program = await begin(site);
    expect((await program.ended).code).toBe(1);
    expect(program.stderr()).toMatch(/^private-messages: [^\n]+\n$/);
    expect(program.stderr()).toMatch(line);
    expect(existsSync(join(folder, 'pg_notify'))).toBe(false);
  },
);

test('a lost secret.key is reported with its consequences; the program starts, and the earlier key still works', async () => {
  const site = await usedSite();
  const first = await start(site);
  await registered(first.url, 'alice');
  const client = new pg.Client(socketOf(site.DATA_DIR!));
  await client.connect();
  const { rows } = await client.query<{ id: string }>('select id from users');
  const encryption = createEncryption(readSecretKey(site.DATA_DIR!));
  const secret = encryptSecret(encryption, rows[0]!.id, Buffer.alloc(20, 1));
  await client.query(
    'insert into totp (user_id, secret, confirmed_at, last_step) values ($1, $2, now(), 0)',
    [rows[0]!.id, secret],
  );
  await client.end();
  await first.end();
  expect(first.stderr()).not.toContain('secret.key');

  const [file, kept] = ['secret.key', 'secret.key.backup'].map((name) => join(site.DATA_DIR!, name));
  renameSync(file!, kept!);
  const line =
    /^private-messages: secret\.key in DATA_DIR is not the file that encrypted the secrets of 1 authenticator app in this database: .*backup.*--drop-second-factor$/m;
  for (const workers of ['1', '2']) {
    const without = await start({ ...site, WEB_CONCURRENCY: workers });
    await expect.poll(() => without.stderr()).toMatch(line);
    expect(without.stderr().match(/not the file that encrypted the secrets/g)).toHaveLength(1);
    await without.end();
  }

  rmSync(file!);
  renameSync(kept!, file!);
  chmodSync(file!, 0o644);
  const back = await start(site);
  await back.end();
  expect(back.stderr()).not.toContain('secret.key');
  expect(statSync(file!).mode & 0o777).toBe(0o640);
});

test('a new database without encrypted secrets does not mention the key', async () => {
  const program = await start({
    ...calmSettings,
    DATABASE_URL: await createDatabase(),
    DATA_DIR: newFolder(),
  });
  await program.end();
  expect(program.stderr()).not.toContain('secret.key');
});

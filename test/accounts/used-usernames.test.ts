// Deleted usernames cannot be registered again, and a copy of the database does not reveal them.
import { createHash } from 'node:crypto';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { skeletonOf } from '../../src/look-alikes.ts';
import { readMigrations } from '../../src/database/migration-files.ts';
import { migrate } from '../../src/database/migrate.ts';
import { createPool } from '../../src/database/pool.ts';
import { newFolder } from '../start/site.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { registered, stranger } from '../support/person.ts';

const sha256 = (name: string) => createHash('sha256').update(name).digest('hex');
const password = 'a long enough password';
const isFree = async (url: string, username: string) =>
  (await stranger(url).submit('/register', { username, password })).status === 303;

let dataDir: string;
beforeEach(() => {
  dataDir = newFolder();
});

async function start(databaseUrl?: string): Promise<TestApp> {
  const app = await startApp({ DATA_DIR: dataDir }, databaseUrl);
  onTestFinished(() => app.close());
  return app;
}

async function listHashes(app: TestApp): Promise<string[]> {
  const { rows } = await app.pool.query<{ hash: string }>(
    `select encode(hash, 'hex') as hash from usernames_used`,
  );
  return rows.map(({ hash }) => hash);
}

async function deleteAccount(app: TestApp, username: string): Promise<void> {
  const person = await registered(app.url, username);
  await person.submit('/account/delete', { password: person.password });
}

test('a copy of the database does not reveal deleted names to guessing', async () => {
  const app = await start();
  await deleteAccount(app, 'former');
  const hashes = await listHashes(app);
  expect(hashes).toHaveLength(1);
  for (const name of ['former', skeletonOf('former')]) expect(hashes).not.toContain(sha256(name));
  expect(await isFree(app.url, 'f0rmer')).toBe(false);
});

test('an earlier database gets HMACs at the first start, even of five processes', async () => {
  const databaseUrl = await createDatabase('template0');
  const pool = createPool(databaseUrl, () => {});
  onTestFinished(() => pool.end());
  const all = readMigrations();
  await migrate(
    pool,
    all.filter(({ name }) => name < all.find(({ name: each }) => each.includes('username_key'))!.name),
  );
  const before = ['whole.name', skeletonOf('of-a-skeleton')].map(sha256);
  await pool.query(`insert into usernames_used select decode(unnest($1::text[]), 'hex')`, [before]);
  await migrate(pool);

  const apps = await Promise.all(Array.from({ length: 5 }, () => start(databaseUrl)));
  const hashes = await listHashes(apps[0]!);
  expect(hashes).toHaveLength(2);
  for (const hash of before) expect(hashes).not.toContain(hash);
  for (const app of apps) {
    expect(await isFree(app.url, 'whole.name')).toBe(false);
    expect(await isFree(app.url, 'of_a_ske1eton')).toBe(false);
  }
  expect(await isFree(apps[1]!.url, 'newcomer')).toBe(true);
  expect(await isFree(apps[2]!.url, 'newc0mer')).toBe(false);
});

test('without the earlier secret.key, names in use stay taken; with it, deleted ones do too', async () => {
  const first = await start();
  await registered(first.url, 'in.use');
  await deleteAccount(first, 'former');
  await deleteAccount(first, 'another');
  await first.pool.query(
    `insert into registrations (id, username, password_hash, line, name_hash)
     values (uuidv7(), 'waiting', '', 'A line', '')`,
  );
  renameSync(join(dataDir, 'secret.key'), join(dataDir, 'kept'));

  const said = vi.spyOn(console, 'error').mockReturnValue();
  onTestFinished(() => said.mockRestore());
  const second = await start(first.databaseUrl);
  expect(said.mock.calls.flat()).toEqual([expect.stringContaining('names of deleted accounts')]);
  for (const name of ['in.use', 'in-use', '1n.use', 'wa1ting'])
    expect(await isFree(second.url, name)).toBe(false);
  expect(await isFree(second.url, 'another')).toBe(true);

  said.mockClear();
  await start(first.databaseUrl);
  renameSync(join(dataDir, 'kept'), join(dataDir, 'secret.key'));
  const third = await start(first.databaseUrl);
  expect(said).not.toHaveBeenCalled();
  for (const name of ['in.use', 'f0rmer', 'an0ther']) expect(await isFree(third.url, name)).toBe(false);
});

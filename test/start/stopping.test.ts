// Graceful shutdown on Ctrl-C and SIGTERM: requests in flight are answered, PostgreSQL stops, within ten seconds.
import { Agent, request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { calmSettings } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { patient } from '../support/locks.ts';
import { registered } from '../support/person.ts';
import type { Program } from '../support/program.ts';
import { begin, newSite, postgresIn, postgresLog, signal, socketOf, start, until, usedSite } from './site.ts';

/** A program on a database of the test's own server: quick to start, and it has no PostgreSQL to stop. */
async function startOnTestServer() {
  const databaseUrl = await createDatabase();
  const program = await start({ ...calmSettings, DATABASE_URL: patient(databaseUrl) });
  return { program, databaseUrl };
}

/** Until somebody waits for a lock that this connection holds. */
async function untilWaitedFor(blocker: pg.Client): Promise<void> {
  const waiting = () =>
    blocker.query(
      `select from pg_locks where not granted
         and database = (select oid from pg_database where datname = current_database())`,
    );
  await until(async () => (await waiting()).rowCount! > 0);
}

/** A connection that sends given text and collects the response. */
async function dial(program: Program, words = ''): Promise<{ socket: Socket; heard: () => string }> {
  const socket = connect(Number(new URL(program.url).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  let heard = '';
  socket.on('data', (data) => (heard += String(data)));
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write(words);
  return { socket, heard: () => heard };
}

const login = 'username=nobody1&password=whatever+it+may+be';
const loginHead = `POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${login.length}\r\n\r\n`;

async function refusesConnections(program: Program): Promise<boolean> {
  return fetch(`${program.url}/healthz`).then(
    () => false,
    () => true,
  );
}

// The request waits for half a second at most (pool.ts), which a busy machine may need to refuse connections.
test(
  'Ctrl-C in a terminal reaches every process of the group, twice: a request in flight is answered, and PostgreSQL stops',
  { retry: 2 },
  async () => {
    const site = await usedSite();
    const program = await start(site, { detached: true });
    expect(postgresIn(site.DATA_DIR!).length).toBeGreaterThan(0);
    const alice = await registered(program.url, 'alice');
    const blocker = new pg.Client(socketOf(site.DATA_DIR!));
    blocker.on('error', () => {});
    await blocker.connect();
    await blocker.query('begin; lock table sessions');
    const waiting = alice.get('/inbox');
    await untilWaitedFor(blocker);
    const group = -program.process.pid!;
    const startedAt = Date.now();
    process.kill(group, 'SIGINT');
    process.kill(group, 'SIGINT');
    await until(() => refusesConnections(program));
    await blocker.end();
    expect((await waiting).status).toBe(200);
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(Date.now() - startedAt).toBeLessThan(6000);
    await expect.poll(() => postgresIn(site.DATA_DIR!)).toEqual([]);

    const again = await start(site);
    expect(postgresLog(site.DATA_DIR!)).toContain('database system was shut down at');
    expect(postgresLog(site.DATA_DIR!)).not.toContain('not properly shut down');
    const { code, ms } = await again.end('SIGTERM');
    expect(code).toBe(0);
    expect(ms).toBeLessThan(6000);
    await expect.poll(() => postgresIn(site.DATA_DIR!)).toEqual([]);
  },
);

test('Ctrl-C while the database is being created: exit code 0, and no PostgreSQL is left', async () => {
  const site = await newSite();
  const program = await begin(site, { detached: true });
  await until(() => postgresIn(site.DATA_DIR!).length > 0);
  await sleep(200);
  process.kill(-program.process.pid!, 'SIGINT');
  expect(await program.ended).toEqual({ code: 0, signal: null });
  await expect.poll(() => postgresIn(site.DATA_DIR!)).toEqual([]);
});

// An idle connection stays open for 0.7 s (closing.ts), which a busy machine may need to send the form.
test(
  'everything under way is answered, no connection is accepted, and idle ones do not delay the end',
  { retry: 2 },
  async () => {
    const { program, databaseUrl } = await startOnTestServer();
    // Idle, used or not.
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    await new Promise((resolve, reject) => {
      const asking = httpRequest(`${program.url}/login`, { agent }, (answer) =>
        answer.resume().on('end', resolve),
      );
      asking.on('error', reject).end();
    });
    await dial(program);
    // A proxy that will send another form over its open connection, and a form that is still being received.
    const proxy = await dial(program, loginHead + login);
    await until(() => proxy.heard().includes('</html>'));
    expect(proxy.heard()).toContain('Connection: keep-alive');
    const slow = await dial(program, loginHead + login.slice(0, 10));
    // A request that waits for the database.
    const alice = await registered(program.url, 'alice');
    const blocker = new pg.Client({ connectionString: databaseUrl });
    await blocker.connect();
    await blocker.query('begin; lock table sessions');
    const waiting = alice.get('/inbox');
    await untilWaitedFor(blocker);

    const startedAt = Date.now();
    program.process.kill('SIGTERM');
    await until(() => refusesConnections(program));
    expect(program.process.exitCode).toBeNull();
    proxy.socket.write(loginHead + login);
    slow.socket.write(login.slice(10));
    await blocker.end();
    expect((await waiting).status).toBe(200);
    expect(await program.ended).toMatchObject({ code: 0 });
    expect(slow.heard()).toMatch(/^HTTP\/1\.1 4\d\d [^]*<\/html>\s*/);
    expect(proxy.heard().split('HTTP/1.1 4').length).toBe(3);
    expect(proxy.heard().slice(proxy.heard().lastIndexOf('HTTP/1.1'))).toMatch(
      /Connection: close[^]*<\/html>\s*/,
    );
    expect(Date.now() - startedAt).toBeLessThan(3500); // held up, it would be four seconds
  },
);

test('clients that never complete their request are cut off, and the program ends within 10 s', async () => {
  const { program } = await startOnTestServer();
  await dial(program, loginHead + 'us');
  await dial(program, 'GET /login HTTP/1.1\r\nHost: x');
  await sleep(200);
  const { code, ms } = await program.end();
  expect(code).toBe(0);
  expect(ms).toBeGreaterThan(3500);
  expect(ms).toBeLessThan(6000);
});

test('a hanging PostgreSQL does not keep the program from ending within 10 s', async () => {
  const site = await usedSite();
  const program = await start(site);
  for (const pid of postgresIn(site.DATA_DIR!)) signal(pid, 'SIGSTOP');
  const asking = fetch(`${program.url}/readyz`);
  await sleep(100);
  const { ms } = await program.end();
  expect(ms).toBeLessThan(10_000);
  expect((await asking).status).toBe(503);
  // It got SIGTERM, and stops when it can.
  for (const pid of postgresIn(site.DATA_DIR!)) signal(pid, 'SIGCONT');
  await until(() => postgresIn(site.DATA_DIR!).length === 0);
});

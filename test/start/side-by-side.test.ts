// Several processes on one database, started and ended concurrently.
import { createHash } from 'node:crypto';
import pg from 'pg';
import { expect, test } from 'vitest';
import { readMigrations } from '../../src/database/migration-files.ts';
import { calmSettings } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { registered, stranger } from '../support/person.ts';
import { freePort, ready, usualStart } from '../support/program.ts';
import { begin, newSite, postgresIn, postmasterIn, start, until, usedSite } from './site.ts';

test('two processes on one folder create one database, share it, and the last one stops it', async () => {
  const site = await newSite();
  const [first, second] = await Promise.all([
    start(site),
    start({ ...site, PORT: String(await freePort()) }),
  ]);
  const alice = await registered(first.url, 'alice');
  await registered(second.url, 'bob');
  expect((await alice.send('bob', 'from one to the other')).status).toBe(303);
  const bob = stranger(second.url, 'bob');
  await bob.submit('/login', { username: 'bob', password: bob.password });
  expect((await bob.get('/inbox')).$('.messages').text()).toContain('from one to the other');

  const postmaster = postmasterIn(site.DATA_DIR!);
  expect((await first.end()).code).toBe(0);
  expect((await bob.get('/inbox')).status).toBe(200);
  expect(postmasterIn(site.DATA_DIR!)).toBe(postmaster);
  expect((await second.end()).code).toBe(0);
  await expect.poll(() => postgresIn(site.DATA_DIR!)).toEqual([]);
});

test('two processes that start on an existing database and end together leave nothing running', async () => {
  const site = await usedSite();
  const both = await Promise.all([start(site), start({ ...site, PORT: String(await freePort()) })]);
  const ends = await Promise.all(both.map((program) => program.end()));
  expect(ends.map(({ code }) => code)).toEqual([0, 0]);
  await expect.poll(() => postgresIn(site.DATA_DIR!)).toEqual([]);
});

test('a process that starts while the last one ends works', async () => {
  const site = await usedSite();
  let previous = await start(site);
  for (const delay of [0, 60, 120, 180, 240]) {
    const next = await begin({ ...site, PORT: String(await freePort()) });
    await new Promise((resolve) => setTimeout(resolve, delay));
    const [end] = await Promise.all([previous.end(), ready(next)]);
    expect(end.code).toBe(0);
    previous = next;
  }
  const alice = await registered(previous.url, 'alice');
  expect((await alice.get('/inbox')).status).toBe(200);
  expect((await previous.end()).code).toBe(0);
  await expect.poll(() => postgresIn(site.DATA_DIR!)).toEqual([]);
});

test('when PostgreSQL is killed below two processes, both recover', async () => {
  const site = await usedSite();
  const both = await Promise.all([start(site), start({ ...site, PORT: String(await freePort()) })]);
  const killed = postgresIn(site.DATA_DIR!);
  process.kill(postmasterIn(site.DATA_DIR!), 'SIGKILL');
  // Until it is gone it still answers.
  await until(() => !postgresIn(site.DATA_DIR!).some((pid) => killed.includes(pid)));
  for (const program of both) {
    await until(async () => (await fetch(`${program.url}/readyz`)).status === 200, 5000);
  }
  for (const program of both) expect((await program.end()).code).toBe(0);
  await expect.poll(() => postgresIn(site.DATA_DIR!)).toEqual([]);
});

test('five processes on an empty database: every migration once, one signing key, shared sessions', async () => {
  const databaseUrl = await createDatabase('template0');
  const five = await Promise.all(
    Array.from({ length: 5 }, () => start({ ...calmSettings, DATABASE_URL: databaseUrl })),
  );
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const applied = await client.query('select name, sha256 from schema_migrations order by name');
  expect(applied.rows).toEqual(
    readMigrations().map(({ name, sql }) => ({
      name,
      sha256: createHash('sha256').update(sql).digest('hex'),
    })),
  );
  expect((await client.query('select from signing_keys')).rowCount).toBe(1);
  await client.end();

  const alice = await registered(five[0]!.url, 'alice');
  for (const { url } of five) {
    const page = await fetch(`${url}/inbox`, { headers: { cookie: alice.cookies() }, redirect: 'manual' });
    expect(page.status).toBe(200);
  }
  for (const program of five)
    expect(program.stderr()).toMatch(usualStart('(private-messages: waiting [^\n]+\n)?'));
  expect(await Promise.all(five.map(async (program) => (await program.end()).code))).toEqual([0, 0, 0, 0, 0]);
});

test('a start waits while another one migrates, and says so', async () => {
  const databaseUrl = await createDatabase('template0');
  const other = new pg.Client({ connectionString: databaseUrl });
  await other.connect();
  await other.query(`begin; select pg_advisory_xact_lock(hashtext('private-messages migrations'))`);
  const program = await begin({ ...calmSettings, DATABASE_URL: databaseUrl });
  await until(() => program.stderr() !== '');
  expect(program.stderr()).toBe(
    'private-messages: waiting for another process that is migrating the database.\n',
  );
  await other.end();
  await ready(program);
  expect((await program.end()).code).toBe(0);
});

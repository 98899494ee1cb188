// Several processes on one database, started and ended concurrently.
import { createHash } from 'node:crypto';
import pg from 'pg';
import { expect, test } from 'vitest';
import { readMigrations } from '../../src/database/migration-files.ts';
import { calmSettings } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { at, registered, stranger } from '../support/person.ts';
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

  // One that starts while the last one ends works.
  let previous = second;
  for (const delay of [0, 120, 240]) {
    const next = await begin({ ...site, PORT: String(await freePort()) });
    await new Promise((resolve) => setTimeout(resolve, delay));
    const [end] = await Promise.all([previous.end(), ready(next)]);
    expect(end.code).toBe(0);
    previous = next;
  }
  expect((await at(previous.url, bob).get('/inbox')).status).toBe(200);
  expect((await previous.end()).code).toBe(0);
  await expect.poll(() => postgresIn(site.DATA_DIR!)).toEqual([]);
});

test('when PostgreSQL is killed below two processes, both recover; ending together, they leave nothing running', async () => {
  const site = await usedSite();
  const both = await Promise.all([start(site), start({ ...site, PORT: String(await freePort()) })]);
  const killed = postgresIn(site.DATA_DIR!);
  process.kill(postmasterIn(site.DATA_DIR!), 'SIGKILL');
  // Until it is gone it still answers.
  await until(() => !postgresIn(site.DATA_DIR!).some((pid) => killed.includes(pid)));
  for (const program of both) {
    await until(async () => (await fetch(`${program.url}/readyz`)).status === 200, 5000);
  }
  const ends = await Promise.all(both.map((program) => program.end()));
  expect(ends.map(({ code }) => code)).toEqual([0, 0]);
  await expect.poll(() => postgresIn(site.DATA_DIR!)).toEqual([]);
});

test('three processes on an empty database wait for another that migrates: every migration once, one signing key, shared sessions', async () => {
  const databaseUrl = await createDatabase('template0');
  const other = new pg.Client({ connectionString: databaseUrl });
  await other.connect();
  await other.query(`begin; select pg_advisory_xact_lock(hashtext('private-messages migrations'))`);
  const settings = { ...calmSettings, DATABASE_URL: databaseUrl };
  const three = await Promise.all([begin(settings), begin(settings), begin(settings)]);
  await until(() => three.every((program) => program.stderr() !== ''), 60_000);
  const isWaiting = 'private-messages: waiting for another process that is migrating the database.\n';
  for (const program of three) expect(program.stderr()).toBe(isWaiting);
  await other.end();
  await Promise.all(three.map((program) => ready(program)));
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

  const alice = await registered(three[0].url, 'alice');
  for (const { url } of three) {
    const page = await fetch(`${url}/inbox`, { headers: { cookie: alice.cookies() }, redirect: 'manual' });
    expect(page.status).toBe(200);
  }
  for (const program of three)
    expect(program.stderr()).toMatch(usualStart('(private-messages: waiting [^\n]+\n)?'));
  expect(await Promise.all(three.map(async (program) => (await program.end()).code))).toEqual([0, 0, 0]);
});

// Several processes that share the port.
import { createServer } from 'node:net';
import pg from 'pg';
import { expect, test } from 'vitest';
import { calmSettings } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { press } from '../support/forms.ts';
import { registered } from '../support/person.ts';
import { freePort, launch, ready } from '../support/program.ts';
import { workersOf } from './site.ts';

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Until so many processes of a site listen for news, which each does before it serves. */
async function untilServing(databaseUrl: string, count: number): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const serving = async () =>
    (
      await client.query(
        `select from pg_stat_activity where application_name = 'private-messages notifier'
          and datname = current_database()`,
      )
    ).rowCount;
  await expect.poll(serving).toBe(count);
  await client.end();
}

test('two processes on one port serve one site, replace a killed one, and end together', async () => {
  const databaseUrl = await createDatabase('template0');
  const program = await launch({
    ...calmSettings,
    NODE_ENV: 'production',
    DATABASE_URL: databaseUrl,
    WEB_CONCURRENCY: '2',
  });
  try {
    await ready(program);
    await untilServing(databaseUrl, 2);
    const alice = await registered(program.url, 'alice');
    const form = { ...(await alice.hidden('/send')), recipient: 'alice', body: 'Once, whoever answers' };
    const answers = await Promise.all(Array.from({ length: 40 }, () => press(alice, '/send', form)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([303]));
    expect((await alice.get('/inbox')).$('.messages > li').length).toBe(1);

    const before = workersOf(program);
    expect(before).toHaveLength(2);
    process.kill(before[0]!, 'SIGKILL');
    await expect.poll(() => workersOf(program).filter((pid) => !before.includes(pid))).toHaveLength(1);
    expect((await alice.get('/inbox')).status).toBe(200);

    await untilServing(databaseUrl, 2);
    const all = workersOf(program);
    const { code, ms } = await program.end();
    expect([code, ms < 10_000, all.filter(isAlive)]).toEqual([0, true, []]);
  } finally {
    program.process.kill('SIGKILL');
  }
});

test('a port in use is reported in one line and ends all of them', async () => {
  const databaseUrl = await createDatabase();
  const port = await freePort();
  const other = createServer().listen(port, '127.0.0.1');
  const program = await launch({
    ...calmSettings,
    DATABASE_URL: databaseUrl,
    WEB_CONCURRENCY: '2',
    PORT: String(port),
  });
  const { code } = await program.ended;
  other.close();
  expect(code).toBe(1);
  const lines = new Set(program.stderr().trim().split('\n'));
  expect([...lines]).toEqual([`private-messages: Port ${port} is already in use: set PORT to another one.`]);
});

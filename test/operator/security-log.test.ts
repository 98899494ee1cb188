// What is done on the command line is in the security log too, written by the running program.
import { afterAll, expect, test } from 'vitest';
import { logCommandLineActs } from '../../src/admin/act-log.ts';
import { createLog } from '../../src/web/log.ts';
import { makeAdmin } from '../support/admin.ts';
import { cast } from '../support/cast.ts';
import { start, usedSite } from '../start/site.ts';
import { runHere, runOperator } from './command.ts';

type Line = Record<string, string | number>;

let written = '';
const log = createLog('info', { write: (text) => void (written += text) });
const { app, bob } = await cast({}, { log });
afterAll(() => app.close());

const settings = {
  DATABASE_URL: app.databaseUrl,
  PUBLIC_URL: 'https://letters.example',
  REGISTRATION: 'approve',
};
const operator = (...args: string[]) => runHere(settings, args);
const securityLines = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.includes('"kind":"security"'))
    .map((line) => JSON.parse(line) as Line);

async function idOf(table: 'users' | 'registrations', username: string): Promise<string> {
  const { rows } = await app.pool.query<{ id: string }>(`select id from ${table} where username = $1`, [
    username,
  ]);
  return rows[0]!.id;
}

test('each act has a line, with the person', async () => {
  await app.pool.query(
    `insert into registrations (id, username, password_hash, line, name_hash)
     select uuidv7(), name, '', 'A line', '' from unnest('{dora,zora}'::text[]) name`,
  );
  const [alice, dora, zora] = [
    await idOf('users', 'alice'),
    await idOf('registrations', 'dora'),
    await idOf('registrations', 'zora'),
  ];
  const before = Date.now();
  written = '';
  await operator('disable', 'alice');
  await operator('registrations', 'approve', 'Dora');
  await operator('registrations', 'decline', 'zora');
  expect((await operator('registrations', 'approve', 'nobody-canary')).err).toContain('Nobody waits');
  await operator('registrations');

  await logCommandLineActs({ pool: app.appPool, log });
  const lines = securityLines(written);
  expect(lines.map(({ event, detail, account }) => [event, detail, account])).toEqual([
    ['admin act', 'disable', alice],
    ['admin act', 'registrations approve', dora],
    ['admin act', 'registrations decline', zora],
    ['admin act', 'registrations approve', undefined],
    ['admin act', 'registrations', undefined],
  ]);
  for (const line of lines) {
    expect(Object.keys(line).filter((name) => name !== 'account')).toEqual([
      'level',
      'time',
      'kind',
      'event',
      'detail',
      'at',
    ]);
    expect(line.level).toBe(30);
    expect(Date.parse(String(line.at))).toBeGreaterThan(before - 5000);
  }
  expect(written).not.toMatch(/alice|dora|zora|canary/i);

  const { out } = await operator('log', '--json');
  const acts = JSON.parse(out) as { command: string; userId: string | null; username: string | null }[];
  expect(
    acts.filter(({ command }) => command.startsWith('registrations ')).map(({ userId }) => userId),
  ).toEqual([dora, zora, null]);
});

test('several processes write each act once', async () => {
  await logCommandLineActs({ pool: app.appPool, log });
  await Promise.all(Array.from({ length: 4 }, () => app.appPool.query('select pg_sleep(0.1)'))); // connected
  await app.pool.query(
    `insert into operator_log (id, command, options) select uuidv7(), n, '{}' from generate_series(1, 5000) n`,
  );
  written = '';
  await Promise.all(Array.from({ length: 4 }, () => logCommandLineActs({ pool: app.appPool, log })));
  const details = securityLines(written).map(({ detail }) => detail);
  expect([details.length, new Set(details).size]).toEqual([5000, 5000]);
});

test('an act on a page has a line of its own, and no second one', async () => {
  await makeAdmin(app, bob);
  written = '';
  await bob.submit('/admin/people/charlie', {}, '/admin/people/charlie/end-sessions');
  await logCommandLineActs({ pool: app.appPool, log });
  const acts = securityLines(written).filter(({ detail }) => detail === 'sessions end');
  expect(acts.map(({ account, by }) => [account, by])).toEqual([
    [await idOf('users', 'charlie'), await idOf('users', 'bob')],
  ]);
});

test('the program writes what was done while it was stopped', async () => {
  const site = { ...(await usedSite()), LOG_LEVEL: 'info' };
  await runOperator(site, ['site', '--registration', 'closed']);
  const program = await start(site);
  await expect
    .poll(() => securityLines(program.stdout()).map(({ detail }) => detail), { timeout: 20_000 })
    .toContain('site');
  await program.end();
  expect(securityLines(program.stdout()).filter(({ detail }) => detail === 'site')).toHaveLength(1);
});

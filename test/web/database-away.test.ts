// The database goes away during requests: users are told in time, lose no text, and continue when it is back.
import { setTimeout as sleep } from 'node:timers/promises';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { TestApp } from '../support/app.ts';
import { cast } from '../support/cast.ts';
import { newestOf } from '../support/inbox.ts';
import { openLink, type Link } from '../support/link.ts';
import { stranger, type Answer, type Fields, type Person } from '../support/person.ts';

const text = '\nWritten for hours: 🦉 <b>& "all" of it\tis here'.repeat(150);

/** Everything that needs the database, each answered within five seconds. */
async function expectToldSo(app: TestApp, alice: Person, form: Fields, token: Fields, someone: Person) {
  const typed = { username: 'alice', password: alice.password };
  const within = async (ask: Promise<Answer>): Promise<Answer> => {
    const startedAt = performance.now();
    const answer = await ask;
    expect(performance.now() - startedAt).toBeLessThan(5000);
    return answer;
  };
  const [inbox, sent, login, registration, door, health, readiness] = await Promise.all([
    within(alice.get('/inbox')),
    within(alice.post('/send', { ...form, recipient: 'alice', body: text })),
    within(someone.post('/login', { ...token, ...typed })),
    within(someone.post('/register', { ...token, ...typed, username: 'newcomer' })),
    within(stranger(app.url).get('/login')),
    within(someone.get('/healthz')),
    within(someone.get('/readyz')),
  ]);
  for (const answer of [inbox, sent, login, registration]) {
    expect(answer.status).toBe(503);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(answer.headers['cache-control']).toBe('no-store');
  }
  expect(sent.$('textarea[name=body]').text()).toBe(text);
  expect(sent.$('input[name=recipient]').attr('value')).toBe('alice');
  expect(sent.$('input[name=key]').attr('value')).toBe(form.key);
  for (const page of [login, registration]) {
    expect(page.$('input[name=username]').attr('value')).toMatch(/alice|newcomer/);
    expect(page.text).not.toContain(alice.password);
  }
  expect([door.status, health.status, readiness.status]).toEqual([200, 200, 503]);
}

/** PostgreSQL ends all connections of the app, which has noticed it when this returns. */
async function endConnections(databaseUrl: string, app: TestApp): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()`,
  );
  await client.end();
  await expect.poll(() => app.appPool.totalCount).toBe(0);
}

/** The very form that was given back is sent again, until it is accepted. */
async function expectRecovery(alice: Person, form: Fields) {
  const deadline = Date.now() + 8000;
  for (;;) {
    const answer = await alice.post('/send', { ...form, recipient: 'alice', body: text });
    if (answer.status === 303) break;
    expect(answer.status).toBe(503);
    expect(Date.now()).toBeLessThan(deadline);
    await sleep(200);
  }
  expect((await newestOf(alice))!.body.trimEnd()).toContain('Written for hours');
}

describe('over a network', () => {
  let link: Link;
  let app: TestApp;
  let alice: Person;
  let someone: Person;
  beforeAll(async () => {
    const address = async (databaseUrl: string) => (link = await openLink(databaseUrl)).url;
    ({ app, alice } = await cast({}, { address }));
    someone = stranger(app.url);
  });
  afterAll(async () => {
    await app.close();
    await link.close();
  });

  test.each(['cut', 'freeze'] as const)('%s', async (trouble) => {
    const form = await alice.hidden('/send');
    const token = await someone.hidden('/login');
    await link[trouble]();
    await expectToldSo(app, alice, form, token, someone);
    await expectToldSo(app, alice, form, token, someone);
    await link.mend();
    await expectRecovery(alice, form);
  });

  test('connections closed by the server, as when it restarts, do not fail later requests', async () => {
    await Promise.all(Array.from({ length: 5 }, () => alice.get('/inbox')));
    await endConnections(link.url, app);
    expect((await alice.get('/inbox')).status).toBe(200);
  });
});

test('on this machine, when its socket is gone: nobody is treated as signed out', async () => {
  let database = '';
  const folder = join(mkdtempSync(join(tmpdir(), 'pm-away-')), 'postgres');
  const real = new URL(inject('postgres').replace('@/', '@socket/')).searchParams.get('host')!;
  symlinkSync(real, folder);
  const address = (databaseUrl: string) => {
    database = databaseUrl;
    return databaseUrl.replace(encodeURIComponent(real), encodeURIComponent(folder));
  };
  const { app, alice } = await cast({}, { address });
  const someone = stranger(app.url);
  const form = await alice.hidden('/send');
  const token = await someone.hidden('/login');

  rmSync(folder);
  await endConnections(database, app);
  await expectToldSo(app, alice, form, token, someone);
  symlinkSync(real, folder);
  await expectRecovery(alice, form);
  await app.close();
  rmSync(join(folder, '..'), { recursive: true });
});

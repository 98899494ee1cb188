// The most visited pages preload their rows with the session.
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { highestId, lowestId } from '../../src/ids.ts';
import { cast } from '../support/cast.ts';
import { patient, untilWaiting } from '../support/locks.ts';
import { watchStatements } from '../support/statements.ts';

const { app, alice } = await cast({}, { address: patient });
let message: string;
beforeAll(async () => {
  await alice.send('alice', 'Hello');
  message = (await alice.get('/inbox')).$('.messages h2 a').attr('href')!;
});
afterAll(() => app.close());

/** What this page asks before its session is found. */
async function askedWithSession(path: string): Promise<(string | undefined)[]> {
  const asked: (string | undefined)[] = [];
  const holder = new pg.Client({ connectionString: app.databaseUrl });
  await holder.connect();
  const end = watchStatements(app.appPool, ({ name, text }) => {
    if (!text.includes('pg_notify')) asked.push(name); // of what the page before has changed
  });
  try {
    await holder.query('begin; lock table sessions');
    const answer = alice.get(path);
    await untilWaiting(app.pool);
    const early = [...asked];
    await holder.query('rollback');
    expect((await answer).status).toBe(200);
    return early;
  } finally {
    end();
    await holder.end();
  }
}

test.each([
  ['/inbox', 'list inbox before'],
  [`/inbox?before=${highestId}`, 'list inbox before'],
  ['/sent', 'list sent before'],
  ['/conversations', 'list conversations before'],
  ['a message', 'find message'],
])('%s preloads its rows', async (path, name) => {
  expect(await askedWithSession(path === 'a message' ? message : path)).toEqual(['find session', name]);
});

test.each([`/inbox?after=${lowestId}`, `/conversations?after=${lowestId}`, '/trash', '/inbox/older'])(
  '%s preloads nothing',
  async (path) => {
    expect(await askedWithSession(path)).toEqual(['find session']);
  },
);

test('a page shows what was preloaded, and asks for it no second time', async () => {
  const asked: (string | undefined)[] = [];
  const end = watchStatements(app.appPool, ({ name }) => asked.push(name));
  expect((await alice.get('/inbox')).$('.messages').text()).toContain('Hello');
  end();
  expect(asked).toEqual(['find session', 'list inbox before']);
});

test('without a session nothing is shown of it', async () => {
  await app.pool.query(`update sessions set expire = now() - interval '1 second'`);
  const answer = await alice.get('/inbox');
  expect([answer.status, answer.headers.location]).toEqual([303, '/login?next=%2Finbox']);
  expect(answer.text).not.toContain('Hello');
});

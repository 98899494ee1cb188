// Large forms of one user are handled one at a time, without delaying anything else.
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { transaction } from '../../src/database/transaction.ts';
import { limitLargeForms } from '../../src/sessions/large-forms.ts';
import { createCookies } from '../../src/web/cookies.ts';
import { calmSettings } from '../support/app.ts';
import { cast } from '../support/cast.ts';
import { patient } from '../support/locks.ts';
import type { Person } from '../support/person.ts';

const { app, alice, bob } = await cast({}, { address: patient });
afterAll(() => app.close());

const long = 'Once upon a time. '.repeat(5000);

async function save(person: Person, body: string): Promise<number> {
  const { _csrf } = await person.hidden('/send', '/send');
  return (await person.post('/drafts', { _csrf: _csrf!, key: randomUUID(), recipient: '', body })).status;
}

async function countWaiting(): Promise<number> {
  const { rows } = await app.pool.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock' and query like '%drafts%'`,
  );
  return rows[0]!.count;
}

test('of two large forms the second waits; small ones, pages and other users do not', async () => {
  const saving = await transaction(app.pool, async (db) => {
    await db.query(`select from users where username = 'alice' for update`); // nothing of hers can be written
    const large = [save(alice, long), save(alice, long)];
    await expect.poll(countWaiting, { interval: 20 }).toBe(1);
    const small = save(alice, 'Short');
    await expect.poll(countWaiting, { interval: 20 }).toBe(2);
    await sleep(200);
    expect(await countWaiting()).toBe(2);
    expect((await alice.get('/inbox')).status).toBe(200);
    expect(await save(bob, long)).toBe(303);
    return [...large, small];
  });
  expect(await Promise.all(saving)).toEqual([303, 303, 303]);
});

test('a form abandoned by its sender blocks nobody', async () => {
  const { _csrf } = await alice.hidden('/send', '/send');
  const body = new URLSearchParams({ _csrf: _csrf!, key: randomUUID(), recipient: '', body: long });
  const over = new AbortController();
  const given = Array.from({ length: 3 }, () =>
    fetch(`${app.url}/drafts`, {
      method: 'POST',
      body,
      headers: { cookie: alice.cookies() },
      signal: over.signal,
    }),
  );
  over.abort();
  await Promise.allSettled(given);
  expect(await save(alice, long)).toBe(303);
});

test('a form that waited too long is accepted before it would be cut off', async () => {
  const cookies = createCookies(readConfig(calmSettings), []);
  const server = express()
    .use((req, _res, next) => {
      req.signedCookies = { [cookies.name('session')]: 'ada.x' };
      next();
    })
    .use(limitLargeForms({ cookies }, 50))
    .post('/never', () => {})
    .post('/', (_req, res) => void res.send('taken'))
    .listen(0);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://localhost:${(server.address() as AddressInfo).port}`;
  const send = (path: string) => fetch(url + path, { method: 'POST', body: long });
  const never = new Promise((resolve) => server.once('request', resolve));
  void send('/never').catch(() => {});
  await never;
  expect(await (await send('/')).text()).toBe('taken');
});

// The log records events for the operator, and no content.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createLog } from '../../src/web/log.ts';
import { cast } from '../support/cast.ts';
import { withoutTokens } from '../support/forms.ts';
import { deletionOf } from '../support/inbox.ts';
import { stranger, type Person } from '../support/person.ts';

interface Line {
  kind?: string;
  level: number;
  time: string;
  request?: string;
  method?: string;
  route?: string;
  status?: number;
  ms?: number;
  user?: string;
  err?: { code?: string; stack?: string };
}

let written = '';
const log = createLog('trace', { write: (text) => void (written += text) });
const { app, alice } = await cast({}, { log });
let aliceId: string;
beforeAll(async () => {
  const { rows } = await app.pool.query<{ id: string }>('select id from users');
  aliceId = rows[0]!.id;
});
beforeEach(() => (written = ''));
afterAll(() => app.close());

const lines = () =>
  written
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
    .filter(({ kind }) => kind === undefined); // the others: security-log.test.ts

describe('each request is one line of JSON', () => {
  test('with an id, the route’s pattern, status, duration and user', async () => {
    await alice.get('/inbox?before=ffffffff-ffff-ffff-ffff-ffffffffffff');
    await alice.post(
      '/messages/0195d9a0-7c4c-7000-8000-000000000000/delete',
      await alice.hidden('/inbox', '/logout'),
    );
    await stranger(app.url).get('/login');
    const requests = lines();
    expect(requests.map(({ method, route, status, user }) => [method, route, status, user])).toEqual([
      ['GET', '/inbox', 200, aliceId],
      ['GET', '/inbox', 200, aliceId],
      ['POST', '/messages/:id/delete', 404, aliceId],
      ['GET', '/login', 200, undefined],
    ]);
    for (const { request, ms, time } of requests) {
      expect(request).toMatch(/^[\da-f-]{36}$/);
      expect(ms).toBeGreaterThan(0);
      expect(Math.abs(Date.now() - Date.parse(time))).toBeLessThan(60_000);
    }
    expect(new Set(requests.map((line) => line.request)).size).toBe(4);
  });

  test('a login logs user and method; a failed one no name', async () => {
    const someone = stranger(app.url, alice.username, alice.password);
    await someone.submit('/login', { username: alice.username, password: 'not the password of alice' });
    await someone.submit('/login', { username: alice.username, password: alice.password });
    const logins = lines().filter(({ method }) => method === 'POST');
    expect(logins.map(({ route, status, user }) => [route, status, user])).toEqual([
      ['/login', 422, undefined],
      ['/login', 303, aliceId],
    ]);
    expect(written).not.toContain(alice.username);
  });
});

/** What must never be in the log, each unmistakable. */
const secrets = {
  password: 'canary-password-1f3a',
  wrongPassword: 'canary-wrong-7b2e',
  badName: 'canary-name-!',
  unknownName: 'canary-unknown-91',
  message: 'canary-message-5c4d 🦉',
  unsent: 'canary-unsent-8e6f',
  query: 'canary-query-2d9b',
};

describe('nothing that was typed, read or secret is logged', () => {
  async function expectSilence(work: (someone: Person) => Promise<unknown>): Promise<void> {
    const someone = stranger(app.url, 'canary', secrets.password);
    await work(someone);
    const { rows } = await app.pool.query<{ secret: string }>('select secret from signing_keys');
    const cookies = someone
      .cookies()
      .split('; ')
      .map((pair) => decodeURIComponent(pair.split('=')[1] ?? ''));
    const unwanted = [
      ...Object.values(secrets),
      'canary-',
      'alice',
      ...rows.map((row) => row.secret),
      ...cookies.filter(Boolean).flatMap((value) => [value, value.replace(/^s:/, '').split('.')[1] ?? value]),
    ];
    expect(written).not.toBe('');
    for (const word of unwanted) expect(written).not.toContain(word);
  }

  test('on success', async () => {
    await expectSilence(async (someone) => {
      await someone.submit('/register', { username: 'somebody-1', password: secrets.password });
      await someone.send('somebody-1', secrets.message);
      const inbox = await someone.get(`/inbox?x=${secrets.query}`);
      await someone.submit('/inbox', {}, deletionOf(inbox, secrets.message));
      await someone.get(`/${secrets.query}`);
      await someone.get(`/send?to=${secrets.unknownName}`);
    });
  });

  test('when forms fail or are forged', async () => {
    await expectSilence(async (someone) => {
      await someone.submit('/register', { username: secrets.badName, password: secrets.password });
      await someone.submit('/login', { username: secrets.unknownName, password: secrets.wrongPassword });
      await someone.post('/login', {
        username: secrets.unknownName,
        password: secrets.wrongPassword,
        _csrf: 'canary-token',
      });
      await alice.submit('/send', { recipient: secrets.unknownName, body: secrets.unsent });
      await alice.post('/send', { recipient: 'alice', body: secrets.unsent, _csrf: 'canary-token' });
      await someone.get(`/%FF${secrets.query}`);
    });
  });

  test('when statements fail with errors that quote rows and parameters', async () => {
    await app.pool.query(
      `alter table messages add constraint no_canaries check (body not like 'canary%') not valid`,
    );
    await app.pool.query(
      `alter table users add constraint no_canaries check (username not like 'canary%') not valid`,
    );
    await expectSilence(async (someone) => {
      expect((await alice.send('alice', secrets.message)).status).toBe(500);
      const registration = { username: 'canary-9', password: secrets.password };
      expect((await someone.submit('/register', registration)).status).toBe(500);
    });
    const errors = lines().filter((line) => line.level >= 50);
    expect(errors.map((line) => line.err?.code)).toEqual(['23514', '23514']);
    for (const { err } of errors) expect(err?.stack).toMatch(/^ {4}at /);
  });
});

describe('the page for an internal error', () => {
  test('shows the request id of the log, and nothing of the cause', async () => {
    await app.pool.query('alter table messages rename column body to text');
    const answer = await alice.get('/inbox');
    await app.pool.query('alter table messages rename column text to body');
    expect(answer.status).toBe(500);
    const number = answer.$('main code').text();
    const [failure, request] = lines();
    expect([failure?.request, request?.request]).toEqual([number, number]);
    expect(failure?.err?.code).toBe('42703');
    const words = withoutTokens(answer.text).replaceAll(number, '');
    expect(words).not.toMatch(/column|select|messages m|42703|\bat .*\.ts|node_modules|stack/i);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect((await alice.get('/inbox')).status).toBe(200);
  });

  test('preserves the submitted text', async () => {
    await app.pool.query('alter table sent_forms rename to hidden_forms');
    const answer = await alice.send('alice', 'My words');
    await app.pool.query('alter table hidden_forms rename to sent_forms');
    expect(answer.status).toBe(500);
    expect(answer.$('textarea[name=body]').text()).toBe('My words');
    expect(answer.$('[role=alert]').text()).toContain(lines().at(-1)!.request);
  });
});

// Reset links from the operator: each sets one password, within an hour.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { findAccount } from '../../../src/accounts/queries.ts';
import { runCleanupJobs } from '../../../src/process/cleanup-jobs.ts';
import { makeResetLink } from '../../../src/accounts/reset-links/queries.ts';
import { startApp } from '../../support/app.ts';
import { press } from '../../support/forms.ts';
import { registered, stranger, type Answer, type Fields, type Person } from '../../support/person.ts';

const newPassword = 'another long enough one';
let alice: Person;
let aliceId: string;
let round = 0;
const app = await startApp();
const other = await startApp({}, app.databaseUrl);
beforeEach(async () => {
  alice = await registered(app.url, `alicent-${round++}`);
  aliceId = (await findAccount(app.pool, alice.username))!.id;
});
afterAll(() => Promise.all([app.close(), other.close()]));

async function link(userId = aliceId): Promise<string> {
  const { token } = await makeResetLink(app.pool, userId, false);
  return `/reset/${token}`;
}
const someone = (url = app.url) => stranger(url);
const set = (path: string, password = newPassword, url = app.url) => someone(url).submit(path, { password });

async function logsIn(password: string): Promise<boolean> {
  const answer = await someone().submit('/login', { username: alice.username, password });
  return answer.status === 303;
}

function expectVoid(answer: Answer): void {
  expect([answer.status, answer.$('h1').text()]).toEqual([404, 'This link does not work']);
  expect(answer.$('form[action^="/reset"]')).toHaveLength(0);
}

/** Loads the form while the link works, and sends it once it does not any more. */
async function expectVoidAfter(what: () => Promise<unknown>): Promise<void> {
  const path = await link();
  const early = someone();
  const fields = { ...(await early.hidden(path)), password: newPassword };
  await what();
  expectVoid(await someone().get(path));
  expectVoid(await early.post(path, fields));
  expect(await logsIn(newPassword)).toBe(false);
}

describe('a reset link', () => {
  test('sets the password', async () => {
    const visitor = someone();
    const path = await link();
    expect((await visitor.get(path)).$('main').text()).toContain(alice.username);
    const answer = await visitor.submit(path, { password: newPassword });
    expect([answer.status, answer.get('Location')]).toEqual([303, '/login']);
    expect((await visitor.get('/login')).$('[role=status]').text()).toBe(
      'Your password is set. Log in with it.',
    );
    expect(visitor.cookies()).not.toContain('session');
    expect([await logsIn(newPassword), await logsIn(alice.password)]).toEqual([true, false]);
  });

  test('ends all sessions when it is used, and not before', async () => {
    const path = await link();
    await someone().get(path);
    expect((await alice.get('/inbox')).status).toBe(200);
    await set(path);
    expect((await alice.get('/inbox')).get('Location')).toContain('/login');
  });

  test('is not consumed by a GET', async () => {
    const path = await link();
    const visitor = someone();
    for (const method of ['get', 'head', 'get'] as const)
      expect((await visitor.ask(method, path, { 'Sec-Purpose': 'prefetch' })).status).toBe(200);
    expect((await set(path)).status).toBe(303);
  });

  test('is not consumed by a refused password, which is not shown again', async () => {
    const path = await link();
    for (const [password, words] of [
      ['short', 'at least 8'],
      ['password123', 'Too many people'],
      [alice.username, 'The username is too easy'],
    ] as const) {
      const answer = await set(path, password);
      expect(answer.status).toBe(422);
      expect(answer.$('#password-error').text()).toContain(words);
      expect(answer.$('#password').attr('aria-describedby')).toContain('password-error');
      expect(answer.$('input[type=password][value]')).toHaveLength(0);
    }
    expect((await set(path)).status).toBe(303);
  });

  test('does not work a second time', async () => {
    const path = await link();
    await set(path);
    expectVoid(await someone().get(path));
    const visitor = someone();
    const fields = await visitor.hidden('/login');
    expectVoid(await visitor.post(path, { ...fields, password: 'a third long one' }));
    expect(await logsIn(newPassword)).toBe(true);
  });

  test('sets one password when used twenty times concurrently at two processes', async () => {
    const path = await link();
    const visitors = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const visitor = someone(i % 2 ? app.url : other.url);
        return { visitor, fields: { ...(await visitor.hidden(path)), password: `the password number ${i}` } };
      }),
    );
    const answers = await Promise.all(visitors.map(({ visitor, fields }) => press(visitor, path, fields)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 303)).toHaveLength(1);
    expect(statuses.filter((status) => status === 404)).toHaveLength(19);
    expect(await logsIn(`the password number ${statuses.indexOf(303)}`)).toBe(true);
  });
});

describe('the second factor', () => {
  const factors = async () =>
    (
      await app.pool.query<{ what: string }>(
        `select 'codes' as what from totp where user_id = $1 union select 'passkey' from passkeys where user_id = $1
         union select 'asked' from users where id = $1 and passkey_asked_at is not null order by 1`,
        [aliceId],
      )
    ).rows.map(({ what }) => what);
  beforeEach(async () => {
    await app.pool.query(
      `with codes as (insert into totp (user_id, secret, confirmed_at, last_step) values ($1, 'sealed', now(), 0)),
         key as (insert into passkeys (user_id, id, credential_id, public_key, counter, transports, name)
                 values ($1, $1, 'x', 'x', 0, '{}', 'Telephone'))
       update users set passkey_asked_at = now() where id = $1`,
      [aliceId],
    );
  });

  test('is kept', async () => {
    await set(await link());
    expect(await factors()).toEqual(['asked', 'codes', 'passkey']);
  });

  test('is removed by a link made for that, once it is used', async () => {
    const { token } = await makeResetLink(app.pool, aliceId, true);
    await someone().get(`/reset/${token}`);
    expect(await factors()).toEqual(['asked', 'codes', 'passkey']);
    await set(`/reset/${token}`);
    expect(await factors()).toEqual([]);
  });
});

describe('a reset link is void', () => {
  test('after an hour', async () => {
    const { expiresAt } = await makeResetLink(app.pool, aliceId, false);
    expect(Math.abs(expiresAt.getTime() - Date.now() - 3_600_000)).toBeLessThan(60_000);
    await expectVoidAfter(() =>
      app.pool.query(`update reset_links set expires_at = now() - interval '1 second' where user_id = $1`, [
        aliceId,
      ]),
    );
    await runCleanupJobs(app.pool);
    expect((await app.pool.query('select from reset_links where user_id = $1', [aliceId])).rowCount).toBe(0);
  });

  test('after a newer one was made', async () => {
    let newer = '';
    await expectVoidAfter(async () => (newer = await link()));
    expect((await set(newer)).status).toBe(303);
  });

  test('after the password was changed in another way', async () => {
    const password = 'the one that she chose';
    await expectVoidAfter(() => alice.submit('/account/password', { current: alice.password, password }));
    expect(await logsIn(password)).toBe(true);
  });

  test('after the account was deleted', async () => {
    await expectVoidAfter(() => alice.submit('/account/delete', { password: alice.password }));
  });

  test('as soon as the account is being deleted', async () => {
    await expectVoidAfter(() => app.pool.query('update users set username = null where id = $1', [aliceId]));
  });
});

describe('a link is refused', () => {
  test('if it was never made, is incomplete, or belongs to another account', async () => {
    const path = await link();
    const bob = await registered(app.url, `bob-${round}`);
    const bobs = await link((await findAccount(app.pool, bob.username))!.id);
    const mixed = path.slice(0, '/reset/'.length + 20) + bobs.slice('/reset/'.length + 20);
    for (const wrong of ['x', path.slice(0, -1), `${path}x`, `/reset/${'A'.repeat(64)}`, `${path}%20`, mixed])
      expectVoid(await someone().get(wrong.startsWith('/') ? wrong : `/reset/${wrong}`));
    expect((await someone().get('/reset/')).status).toBe(404);
    expect((await someone().get(path)).status).toBe(200);
  });

  test('in a forged form, and stays valid', async () => {
    const path = await link();
    for (const headers of [
      {},
      { Origin: 'https://evil.example' },
      { 'Sec-Fetch-Site': 'cross-site' },
    ] as Fields[]) {
      const forged = { ...headers, 'Content-Type': 'application/x-www-form-urlencoded' };
      expect((await someone().ask('post', path, forged, `password=${newPassword}`)).status).toBe(403);
    }
    expect((await set(path)).status).toBe(303);
  });

  test('with another method', async () => {
    const path = await link();
    for (const method of ['put', 'patch', 'delete'] as const) {
      const answer = await someone().ask(method, path);
      expect([answer.status, answer.get('Allow')]).toEqual([405, 'GET, POST']);
    }
  });

  test('if made from a copy of the database', async () => {
    const path = await link();
    const { rows } = await app.pool.query<{ line: string }>('select r::text as line from reset_links r');
    const secret = Buffer.from(path.slice('/reset/'.length), 'base64url').subarray(16);
    for (const { line } of rows) {
      expect(line).not.toContain(path.slice(-20));
      expect(line).not.toContain(secret.toString('hex'));
      const [, hash] = /\\x([\da-f]{64})/.exec(line.replaceAll('\\\\', '\\'))!;
      const guess = Buffer.concat([
        Buffer.from(aliceId.replaceAll('-', ''), 'hex'),
        Buffer.from(hash!, 'hex'),
      ]);
      expectVoid(await someone().get(`/reset/${guess.toString('base64url')}`));
    }
    expect(rows.length).toBeGreaterThan(0);
  });
});

test('invalid links are rate-limited by address; valid ones do not count', async () => {
  const strict = await startApp({ LOGINS_PER_MINUTE: '3', TRUST_PROXY: '1' }, app.databaseUrl);
  const from = (address: string, path: string) =>
    stranger(strict.url).ask('get', path, { 'X-Forwarded-For': address });
  const path = await link();
  for (let i = 0; i < 6; i++) expect((await from('192.0.2.1', path)).status).toBe(200);
  for (let i = 0; i < 3; i++) expect((await from('192.0.2.1', '/reset/x')).status).toBe(404);
  const refused = await from('192.0.2.1', path);
  expect(refused.status).toBe(429);
  expect(Number(refused.get('Retry-After'))).toBeGreaterThan(0);
  expect((await from('192.0.2.2', path)).status).toBe(200);
  await strict.close();
});

test('a signed-in user can use one too', async () => {
  const path = await link();
  expect((await alice.submit(path, { password: newPassword })).get('Location')).toBe('/login');
  expect((await alice.get('/login')).$('[role=status]').text()).toContain('Your password is set');
});

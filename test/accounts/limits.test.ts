// Rate limits of login and registration, over two processes of one site.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { cast } from '../support/cast.ts';
import { stranger, type Answer } from '../support/person.ts';

const settings = { TRUST_PROXY: '1', LOGINS_PER_MINUTE: '3', REGISTRATIONS_PER_HOUR: '3' };
const password = 'a long enough password';
let apps: [TestApp, TestApp];
beforeAll(async () => {
  const first = await startApp(settings);
  apps = [first, await startApp(settings, first.databaseUrl)];
  for (const username of ['alice', 'bob', 'carol'])
    expect((await postFrom(`192.0.2.${username.length}`, '/register', { username, password })).status).toBe(
      303,
    );
});
afterAll(() => Promise.all(apps.map((app) => app.close())));

/** Fills in the form as somebody at this address, at the one process or the other. */
async function postFrom(
  address: string,
  page: '/login' | '/register',
  typed: { username: string; password: string },
  app = apps[0],
): Promise<Answer> {
  const person = stranger(app.url);
  const fields = { ...(await person.hidden(page)), ...typed };
  const headers = { 'X-Forwarded-For': address, 'Content-Type': 'application/x-www-form-urlencoded' };
  return person.ask('post', page, headers, new URLSearchParams(fields).toString());
}
const login = (address: string, username: string, typed = password, app = apps[0]) =>
  postFrom(address, '/login', { username, password: typed }, app);
const fail = (address: string, username: string, app = apps[0]) => login(address, username, 'wrong', app);

function expectRefusal(answer: Answer, username: string, longest: number) {
  expect(answer.status).toBe(429);
  const wait = Number(answer.headers['retry-after']);
  expect(wait).toBeGreaterThan(0);
  expect(wait).toBeLessThanOrEqual(longest);
  expect(answer.$('[role=alert]').text()).toContain('wait');
  expect(answer.$('input[name=username]').attr('value')).toBe(username);
  expect(answer.text).not.toContain(password);
}

describe('after three failures for one name from one address', () => {
  test('the fourth attempt is refused at either process, even with the right password', async () => {
    const attacker = '198.51.100.1';
    for (const app of [apps[0], apps[1], apps[0]])
      expect((await fail(attacker, 'alice', app)).status).toBe(422);
    expectRefusal(await fail(attacker, 'alice', apps[1]), 'alice', 60);
    expectRefusal(await login(attacker, 'alice', password, apps[0]), 'alice', 60);
    expectRefusal(await fail(attacker, ' ALICE', apps[0]), ' ALICE', 60);
  });

  test('the owner logs in from another address', async () => {
    expect((await login('198.51.100.200', 'alice')).status).toBe(303);
  });

  test('other users log in from the same address', async () => {
    expect((await login('198.51.100.1', 'bob')).status).toBe(303);
  });

  test('an unknown name is refused in the same way, so that existence is not revealed', async () => {
    for (let i = 0; i < 3; i += 1) expect((await fail('198.51.100.2', 'nobody-here')).status).toBe(422);
    expectRefusal(await fail('198.51.100.2', 'nobody-here'), 'nobody-here', 60);
  });
});

test('twenty concurrent attempts do not exceed three', async () => {
  const tries = Array.from({ length: 20 }, (_, i) => fail('198.51.100.3', 'alice', apps[i % 2]));
  const answers = await Promise.all(tries);
  expect(answers.filter((answer) => answer.status === 422)).toHaveLength(3);
  expect(answers.filter((answer) => answer.status === 429)).toHaveLength(17);
});

test('an address may fail five times as often over all names; other addresses are not affected', async () => {
  const attacker = '198.51.100.4';
  for (let i = 0; i < 15; i += 1) expect((await fail(attacker, `name-${i}`, apps[i % 2])).status).toBe(422);
  expectRefusal(await fail(attacker, 'name-15', apps[1]), 'name-15', 60);
  expectRefusal(await login(attacker, 'bob'), 'bob', 60);
  expect((await login('198.51.100.5', 'bob')).status).toBe(303);
});

test('a success does not count as an attempt', async () => {
  for (let i = 0; i < 16; i += 1) expect((await login('198.51.100.6', 'carol')).status).toBe(303);
  for (let i = 0; i < 3; i += 1) expect((await fail('198.51.100.6', 'carol')).status).toBe(422);
  expect((await fail('198.51.100.6', 'carol')).status).toBe(429);
});

test('the many IPv6 addresses of one network count as one', async () => {
  for (const address of ['2001:db8:1:2::1', '2001:db8:1:2:0:ffff::1', '2001:db8:1:2:a:b:c:d'])
    expect((await fail(address, 'alice')).status).toBe(422);
  expect((await fail('2001:db8:1:2::9', 'alice')).status).toBe(429);
  expect((await fail('2001:db8:1:3::9', 'alice')).status).toBe(422);
});

test('without a proxy, a forged X-Forwarded-For changes nothing', async () => {
  const { app: open } = await cast({ ...settings, TRUST_PROXY: '' });
  for (let i = 0; i < 3; i += 1) expect((await fail(`203.0.113.${i}`, 'alice', open)).status).toBe(422);
  expect((await fail('203.0.113.99', 'alice', open)).status).toBe(429);
  await open.close();
});

test('with one proxy, only the address added by the proxy counts', async () => {
  for (let i = 0; i < 3; i += 1)
    expect((await fail(`203.0.113.${i}, 198.51.100.7`, 'alice')).status).toBe(422);
  expect((await fail('203.0.113.99, 198.51.100.7', 'alice')).status).toBe(429);
});

test('an address can register three accounts per hour over both processes; the typed name is kept', async () => {
  const from = (username: string, app = apps[0], typed = password) =>
    postFrom('198.51.100.8', '/register', { username, password: typed }, app);
  expect((await from('first', apps[0], 'short')).status).toBe(422); // is no account and does not count
  for (const [i, username] of ['first', 'second', 'third'].entries())
    expect((await from(username, apps[i % 2])).status).toBe(303);
  const refused = await from('fourth', apps[1]);
  expectRefusal(refused, 'fourth', 3600);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3000);
  const { rowCount } = await apps[0].pool.query(`select from users where username = 'fourth'`);
  expect(rowCount).toBe(0);
  expect((await postFrom('198.51.100.9', '/register', { username: 'fourth', password })).status).toBe(303);
});

// Failed logins do not lock out users of the same address who come with a known browser.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { cast } from '../support/cast.ts';
import { makeCodes } from '../support/codes.ts';
import { at, stranger, type Person } from '../support/person.ts';

const settings = { LOGINS_PER_MINUTE: '3' };
const { app: first, alice, bob } = await cast(settings);
const apps = [first, await startApp(settings, first.databaseUrl)] as const;
const codes = await makeCodes(alice);
afterAll(() => Promise.all(apps.map((app) => app.close())));
beforeEach(() => apps[0].pool.query('delete from rate_limits'));

// All come from the same address.
const anybody = () => stranger(apps[0].url);
const knownOf = (person: Person, app = apps[0]) =>
  stranger(
    app.url,
    person.username,
    person.password,
    /pm-[0-9a-f]{8}-browser=[^;]*/.exec(person.cookies())![0],
  );
const login = (browser: Person, username: string, password: string) =>
  browser.submit('/login', { username, password });
const fail = async (browser: Person, username = 'alice') =>
  (await login(browser, username, 'not the password')).status;

async function failUntilRefused(browser: () => Person, username = 'alice'): Promise<number> {
  for (let count = 0; count < 50; count += 1) if ((await fail(browser(), username)) === 429) return count;
  return Infinity;
}

test('the owner logs in from a known browser after others used up the attempts for the name', async () => {
  expect(await failUntilRefused(anybody)).toBe(3);
  expect((await login(anybody(), 'alice', alice.password)).status).toBe(429);
  for (const app of apps)
    expect((await login(knownOf(alice, app), 'alice', alice.password)).status).toBe(303);
});

test('the owner logs in after others used up the attempts of the address', async () => {
  for (let n = 0; n < 15; n += 1) expect(await fail(anybody(), `name-${n}`)).toBe(422);
  expect((await login(anybody(), 'alice', alice.password)).status).toBe(429);
  expect((await login(knownOf(alice), 'alice', alice.password)).status).toBe(303);
});

test('a known browser has as many attempts of its own, counted across processes', async () => {
  const browsers = [knownOf(alice, apps[0]), knownOf(alice, apps[1])];
  let n = 0;
  expect(await failUntilRefused(() => browsers[n++ % 2]!)).toBe(3);
  expect((await login(browsers[0]!, 'alice', alice.password)).status).toBe(429);
  // Twenty at the same moment are not more.
  await apps[0].pool.query('delete from rate_limits');
  const statuses = await Promise.all(Array.from({ length: 20 }, () => fail(knownOf(alice))));
  expect(statuses.filter((status) => status === 422)).toHaveLength(3);
});

test('a known browser does not consume attempts of another one, nor of unknown browsers', async () => {
  const elsewhere = anybody();
  expect((await login(elsewhere, 'alice', alice.password)).status).toBe(303);
  expect(await failUntilRefused(() => knownOf(alice))).toBe(3);
  expect(
    (await login(knownOf({ ...alice, cookies: () => elsewhere.cookies() }), 'alice', alice.password)).status,
  ).toBe(303);
  expect(await failUntilRefused(anybody)).toBe(3);
});

describe('a known browser does not help', () => {
  test('for another name', async () => {
    expect(await failUntilRefused(anybody)).toBe(3);
    expect(await fail(knownOf(bob))).toBe(429);
    expect((await login(knownOf(bob), 'bob', bob.password)).status).toBe(303);
  });

  test('for a name that nobody has', async () => {
    expect(await failUntilRefused(() => knownOf(bob), 'nobody-here')).toBe(3);
  });

  test('if its cookie is forged or unsigned', async () => {
    expect(await failUntilRefused(anybody)).toBe(3);
    const name = /pm-[0-9a-f]{8}-browser/.exec(alice.cookies())![0];
    for (const value of ['x'.repeat(24), `s%3A${'x'.repeat(24)}.${'x'.repeat(43)}`, ''])
      expect(await fail(stranger(apps[0].url, 'alice', '', `${name}=${value}`))).toBe(429);
  });

  test('for successful logins, which do not count', async () => {
    for (let n = 0; n < 8; n += 1)
      expect((await login(knownOf(alice), 'alice', alice.password)).status).toBe(303);
  });
});

test('recovery codes are limited in the same way', async () => {
  const recover = (browser: Person, code: string) =>
    browser.submit('/login/recovery', { username: 'alice', code });
  const wrong = '0000-0000-0000-0000';
  for (const status of [422, 422, 422, 429]) expect((await recover(anybody(), wrong)).status).toBe(status);
  for (const status of [422, 422]) expect((await recover(knownOf(alice), wrong)).status).toBe(status);
  expect((await recover(at(apps[1].url, knownOf(alice)), codes[0]!)).status).toBe(303);
});

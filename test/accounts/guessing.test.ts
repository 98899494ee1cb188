// Guessing one account from many addresses: limited by name, with a notice, without locking out the owner.
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { cast } from '../support/cast.ts';
import { makeCodes } from '../support/codes.ts';
import { withoutTokens } from '../support/forms.ts';
import { stranger, type Answer, type Person } from '../support/person.ts';

const settings = { TRUST_PROXY: '1', LOGINS_PER_MINUTE: '4' };
const everywhere = 5 * 4;
const { app: first, alice } = await cast(settings);
const apps = [first, await startApp(settings, first.databaseUrl)] as const;
const codes = await makeCodes(alice);
afterAll(() => Promise.all(apps.map((app) => app.close())));
beforeEach(() => apps[0].pool.query('delete from rate_limits'));

interface Attempt {
  page?: '/login' | '/login/recovery';
  username?: string;
  secret?: string;
  person?: Person;
  app?: TestApp;
}

async function attempt(address: string, tried: Attempt = {}): Promise<Answer> {
  const { page = '/login', username = 'alice', secret = 'not the password', app = apps[0] } = tried;
  const person = tried.person ?? stranger(app.url);
  const field = page === '/login' ? 'password' : 'code';
  const fields = { ...(await person.hidden(page)), username, [field]: secret };
  const headers = { 'X-Forwarded-For': address, 'Content-Type': 'application/x-www-form-urlencoded' };
  return person.ask('post', page, headers, new URLSearchParams(fields).toString());
}
const statusesOf = async (addresses: string[], tried: Attempt = {}) => {
  const statuses = [];
  for (const [n, address] of addresses.entries())
    statuses.push((await attempt(address, { app: apps[n % 2]!, ...tried })).status);
  return statuses;
};
const passed = (statuses: number[]) => statuses.filter((status) => status === 422).length;
const networks = (count: number, network: (n: string) => string) =>
  Array.from({ length: count }, (_, n) => network((n + 1).toString(16)));
/** Each in a /48 of its own. */
const anywhere = (count: number) => networks(count, (n) => `2001:db8:${n}::1`);
const notices = async () => {
  const { rows } = await apps[0].pool.query<{ body: string }>(
    `select body from messages where origin = 'notice' and body like 'Somebody tried%' order by id`,
  );
  return rows.map(({ body }) => body);
};
/** A browser with alice's cookie of known browsers, and nothing else. */
const known = () =>
  stranger(apps[0].url, 'alice', alice.password, /pm-[0-9a-f]{8}-browser=[^;]*/.exec(alice.cookies())![0]);

describe.each([
  ['/login', 'passwords'],
  ['/login/recovery', 'recovery codes'],
] as const)('%s, each time from another address', (page, what) => {
  beforeEach(() => apps[0].pool.query(`delete from messages where body like 'Somebody tried%'`));

  test('is blocked after five times the attempts per minute, with one notice a day', async () => {
    const statuses = await statusesOf(anywhere(everywhere + 10), { page });
    expect(statuses).toEqual([...Array(everywhere).fill(422), ...Array(10).fill(429)]);
    await vi.waitFor(async () => expect(await notices()).toHaveLength(1));
    expect((await notices())[0]).toContain(`with wrong ${what}, repeatedly`);
    await apps[0].pool.query(`delete from rate_limits where key not like '%-notice:%'`);
    expect(passed(await statusesOf(anywhere(everywhere + 2), { page }))).toBe(everywhere);
    expect(await notices()).toHaveLength(1);
  });

  test('does not lock the owner out of a known browser', async () => {
    await statusesOf(anywhere(everywhere + 1), { page });
    const right = page === '/login' ? alice.password : codes.pop()!;
    expect((await attempt('192.0.2.1', { page, secret: right })).status).toBe(429);
    expect((await attempt('192.0.2.1', { page, secret: right, person: known() })).status).toBe(303);
  });

  test('is limited in the same way for a username that does not exist', async () => {
    const refusals = [];
    for (const username of ['alice', 'nobody-here']) {
      expect(passed(await statusesOf(anywhere(everywhere + 3), { page, username }))).toBe(everywhere);
      const { status, text } = await attempt('192.0.2.9', { page, username });
      expect(status).toBe(429);
      refusals.push(
        withoutTokens(text)
          .replaceAll(username, 'NAME')
          .replaceAll(/\d+ minutes|challenge&#34;:&#34;[\w-]+/g, ''),
      );
    }
    expect(refusals[1]).toBe(refusals[0]);
  });
});

test('successful logins do not count, from any address', async () => {
  const addresses = anywhere(everywhere + 5);
  const statuses = await statusesOf(addresses, { secret: alice.password });
  expect(statuses).toEqual(addresses.map(() => 303));
});

test('twice as many concurrent attempts do not exceed the limit', async () => {
  const answers = await Promise.all(
    anywhere(2 * everywhere).map((address, n) => attempt(address, { app: apps[n % 2]! })),
  );
  expect(passed(answers.map(({ status }) => status))).toBe(everywhere);
});

describe('addresses are counted by network, even with unknown usernames', () => {
  const each = async (addresses: string[]) => {
    let count = 0;
    for (const [n, address] of addresses.entries()) {
      const { status } = await attempt(address, { username: `name-${n}`, app: apps[n % 2]! });
      if (status === 422) count += 1;
    }
    return count;
  };

  test.each([
    ['a /64 as often as an address', everywhere, (n: string) => `2001:db8:1:1::${n}`],
    ['a /56 twice as often', 2 * everywhere, (n: string) => `2001:db8:1:${n}::1`],
    ['a /48 four times as often', 4 * everywhere, (n: string) => `2001:db8:1:${n}00::1`],
  ])('%s', async (_, most, network) => {
    expect(await each(networks(most + 5, network))).toBe(most);
    expect(await each(['2001:db8:2::1', '192.0.2.1'])).toBe(2);
  });
});

describe('behind a shared address', () => {
  test('failures of one user do not lock out the others', async () => {
    const shared = Array<string>(10 * everywhere).fill('192.0.2.1');
    expect(passed(await statusesOf(shared, { username: 'a-neighbour' }))).toBe(4);
    expect((await attempt('192.0.2.1', { secret: alice.password })).status).toBe(303);
  });

  test('nor do guesses at one user from everywhere', async () => {
    await statusesOf(anywhere(everywhere), { username: 'a-neighbour' });
    const shared = Array<string>(2 * everywhere).fill('192.0.2.1');
    expect(passed(await statusesOf(shared, { username: 'a-neighbour' }))).toBe(0);
    expect((await attempt('192.0.2.1', { secret: alice.password })).status).toBe(303);
  });

  test('attempts refused for the address do not count for the name', async () => {
    for (let n = 0; n < everywhere; n++) await attempt('192.0.2.1', { username: `name-${n}` });
    expect(passed(await statusesOf(Array(2 * everywhere).fill('192.0.2.1')))).toBe(0);
    expect(passed(await statusesOf(anywhere(everywhere)))).toBe(everywhere);
  });
});

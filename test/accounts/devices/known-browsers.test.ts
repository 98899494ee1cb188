// A login from an unknown browser leaves a notice; one from a known browser does not.
import { afterAll, expect, test } from 'vitest';
import { rememberBrowser } from '../../../src/accounts/devices/queries.ts';
import { findAccount } from '../../../src/accounts/queries.ts';
import { runCleanupJobs } from '../../../src/process/cleanup-jobs.ts';
import { openStream } from '../../mailbox/live/listening.ts';
import { agents, loggedInWith } from '../../support/agents.ts';
import { startApp } from '../../support/app.ts';
import { at, registered, stranger, type Person } from '../../support/person.ts';
import { statementsOf } from '../../support/statements.ts';

const app = await startApp();
const other = await startApp({}, app.databaseUrl);
afterAll(async () => {
  await other.close();
  await app.close();
});

/** The texts of all notices in somebody's inbox, the oldest first. */
async function noticesOf({ username }: Person): Promise<string[]> {
  const { rows } = await app.pool.query<{ body: string }>(
    `select body from messages where owner_id = (select id from users where username = $1) and origin = 'notice'
     order by id`,
    [username],
  );
  return rows.map(({ body }) => body);
}
const browserOf = (person: Person) => /pm-[0-9a-f]{8}-browser=[^;]*/.exec(person.cookies())![0];

test('neither registering nor the next login in that browser leaves a notice', async () => {
  const alice = await registered(app.url, 'alice');
  await loggedInWith(app.url, alice, agents['Firefox on Linux'], browserOf(alice));
  await loggedInWith(other.url, alice, agents['Chrome on Windows'], browserOf(alice));
  expect(await noticesOf(alice)).toEqual([]);
});

test('another browser leaves one notice, with the time and the browser’s name', async () => {
  const bob = await registered(app.url, 'bob');
  const elsewhere = await loggedInWith(app.url, bob, agents['Chrome on Windows']);
  await loggedInWith(app.url, bob, agents['Chrome on Windows'], browserOf(elsewhere));
  const [notice, ...more] = await noticesOf(bob);
  expect(more).toEqual([]);
  const today = new Date().toUTCString().slice(5, 16).replace(/^0/, '');
  expect(notice).toMatch(
    /^Somebody logged in to your account with Chrome on Windows on [A-Z]\w+day, \d+ \w+ \d{4} at \d\d:\d\d UTC\.\n/,
  );
  expect(notice).toContain(today.split(' ')[2]);
  expect(notice).toContain('Change your password');

  const { $ } = await bob.get('/inbox');
  expect([$('.messages h2 bdi').text(), $('[data-count]').text()]).toEqual(['Private Messages', '1']);
  const message = await bob.get($('.messages h2 a').attr('href')!);
  expect(message.$('.actions a').text()).toBe('Forward');
});

test('a browser without a user agent leaves one too', async () => {
  const carol = await registered(app.url, 'carol');
  await loggedInWith(app.url, carol, '');
  expect(await noticesOf(carol)).toEqual([expect.stringContaining('with an unknown browser on')]);
});

test('open pages are notified immediately', async () => {
  const dora = await registered(app.url, 'dora');
  const page = await openStream(other.url, dora);
  await page.hears({ unread: 0 });
  await loggedInWith(app.url, dora);
  await page.hears({ unread: 1 });
  page.close();
});

test('on a shared computer, a browser is known per user', async () => {
  const emil = await registered(app.url, 'emil');
  const frieda = await registered(app.url, 'frieda');
  const shared = await loggedInWith(app.url, frieda, undefined, browserOf(emil));
  expect(await noticesOf(frieda)).toHaveLength(1);
  expect(browserOf(shared)).toBe(browserOf(emil));
  await loggedInWith(app.url, frieda, undefined, browserOf(emil));
  await loggedInWith(app.url, emil, undefined, browserOf(emil));
  expect(await noticesOf(frieda)).toHaveLength(1);
  expect(await noticesOf(emil)).toEqual([]);
  // Nor does the table say that they share it.
  const { rows } = await app.pool.query('select hash from known_browsers group by hash having count(*) > 1');
  expect(rows).toEqual([]);
});

test('a forged or altered cookie is ignored', async () => {
  const gustav = await registered(app.url, 'gustav');
  const genuine = browserOf(gustav);
  const forged = genuine.replace(/s%3A(.)/, (_, first) => `s%3A${first === 'x' ? 'y' : 'x'}`);
  for (const cookie of [
    forged,
    'browser=s%3A.',
    'browser=',
    forged.replace(/^[^=]*/, 'browser'),
    genuine.replace('s%3A', ''),
  ]) {
    const before = (await noticesOf(gustav)).length;
    const browser = await loggedInWith(app.url, gustav, undefined, cookie);
    expect(await noticesOf(gustav)).toHaveLength(before + 1);
    expect(browserOf(browser)).not.toBe(cookie);
  }
});

test('a failed login leaves neither a notice nor a cookie', async () => {
  const hanna = await registered(app.url, 'hanna');
  const someone = stranger(app.url);
  await someone.submit('/login', { username: 'hanna', password: 'not the password' });
  expect(someone.cookies()).not.toContain('browser=');
  expect(await noticesOf(hanna)).toEqual([]);
});

test('the cookie lives for a year, is renewed by each login, and is HttpOnly', async () => {
  const ines = await registered(app.url, 'ines');
  const again = stranger(app.url, 'ines', ines.password, browserOf(ines));
  const answer = await again.submit('/login', { username: 'ines', password: ines.password });
  const line = answer.get('Set-Cookie')!.find((cookie) => /^[^=]*browser=/.test(cookie))!;
  expect(line).toMatch(/Max-Age=31536000;.* HttpOnly; SameSite=Lax/);
});

test('the cookie survives a logout', async () => {
  const jan = await registered(app.url, 'jan');
  await jan.submit('/inbox', {}, '/logout');
  await jan.submit('/login', { username: 'jan', password: jan.password });
  expect(await noticesOf(jan)).toEqual([]);
});

test('at most 50 browsers are known per user; those seen longest ago are dropped', async () => {
  const kim = await registered(app.url, 'kim');
  const first = browserOf(kim);
  const { id } = (await findAccount(app.pool, 'kim'))!;
  for (let n = 0; n < 60; n++) await rememberBrowser(app.pool, id, Buffer.from([n]));
  const { rows } = await app.pool.query<{ first: string }>(
    `select encode(min(hash), 'hex') as first, count(*)::int from known_browsers where user_id = $1`,
    [id],
  );
  expect(rows).toEqual([{ first: '0a', count: 50 }]);
  await loggedInWith(app.url, kim, undefined, first);
  expect(await noticesOf(kim)).toHaveLength(1);
});

test('the cleanup job drops browsers not seen for a year', async () => {
  const lea = await registered(app.url, 'lea');
  const { id } = (await findAccount(app.pool, 'lea'))!;
  const left = async () =>
    (await app.pool.query('select from known_browsers where user_id = $1', [id])).rowCount;
  await app.pool.query(`update known_browsers set seen_at = now() - interval '364 days'
    where user_id = $1`, [id]); // prettier-ignore
  await runCleanupJobs(app.pool);
  expect(await left()).toBe(1);
  await app.pool.query(`update known_browsers set seen_at = now() - interval '366 days'
    where user_id = $1`, [id]); // prettier-ignore
  await runCleanupJobs(app.pool);
  expect(await left()).toBe(0);
  await loggedInWith(app.url, lea, undefined, browserOf(lea));
  expect(await noticesOf(lea)).toHaveLength(1);
});

test('it costs two statements per login and none per page', async () => {
  const mia = await registered(app.url, 'mia');
  const of = (texts: string[]) => texts.filter((text) => text.includes('known_browsers')).length;
  const known = await statementsOf(app.appPool, () => loggedInWith(app.url, mia, undefined, browserOf(mia)));
  expect(of(known)).toBe(2);
  expect(of(await statementsOf(app.appPool, () => mia.get('/inbox')))).toBe(0);
});

test('a browser is known after twenty concurrent logins at two processes', async () => {
  const nora = await registered(app.url, 'nora');
  const { username, password } = nora;
  const browser = browserOf(await registered(app.url, 'otto'));
  await Promise.all(
    Array.from({ length: 20 }, (_, n) => loggedInWith(n % 2 ? app.url : other.url, nora, undefined, browser)),
  );
  const before = (await noticesOf(nora)).length;
  expect(before).toBeGreaterThanOrEqual(1);
  await loggedInWith(app.url, at(app.url, stranger(app.url, username, password)), undefined, browser);
  expect(await noticesOf(nora)).toHaveLength(before);
});

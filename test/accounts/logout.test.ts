// Logout: ends the session in the database, even against requests in flight.
import { afterAll, describe, expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { cast } from '../support/cast.ts';
import { at, stranger, type Person } from '../support/person.ts';

const { app, alice, bob } = await cast();
const other = await startApp({}, app.databaseUrl);
afterAll(async () => {
  await other.close();
  await app.close();
});

const countSessions = async () => (await app.pool.query('select from sessions')).rowCount;
const login = (person: Person) =>
  person.submit('/login', { username: person.username, password: person.password });

describe('Logout', () => {
  test('is a form on every page of a signed-in user', async () => {
    for (const page of ['/inbox', '/send', '/nothing-here', '/inbox?before=broken'])
      expect((await alice.get(page)).$('form[method=post][action="/logout"] button').length).toBe(1);
  });

  test('deletes this session, clears the cookie, and keeps other sessions', async () => {
    const elsewhere = stranger(app.url, 'alice');
    await login(elsewhere);
    const before = (await countSessions())!;

    const answer = await elsewhere.submit('/inbox', {}, '/logout');
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe('/');
    expect(answer.get('Clear-Site-Data')).toBe('"cache"');
    expect((answer.get('Set-Cookie') ?? []).join()).toMatch(/session=;[^,]*Expires=Thu, 01 Jan 1970/);
    expect(elsewhere.cookies()).not.toContain('session');
    expect(await countSessions()).toBe(before - 1);
    expect((await elsewhere.get('/inbox')).status).toBe(303);
    expect((await alice.get('/inbox')).status).toBe(200);
  });

  test('invalidates the old cookie at every process', async () => {
    const someone = stranger(app.url, 'alice');
    await login(someone);
    const thief = at(other.url, someone);
    expect((await thief.get('/inbox')).status).toBe(200);
    await someone.submit('/inbox', {}, '/logout');
    const before = await countSessions();
    for (const url of [app.url, other.url]) {
      const replay = stranger(url, 'alice', '', thief.cookies());
      expect((await replay.get('/inbox')).headers.location).toBe('/login?next=%2Finbox');
      expect((await replay.get('/send')).status).toBe(303);
    }
    expect(await countSessions()).toBe(before);
  });

  test('redirects to the login if signed out', async () => {
    const answer = await stranger(app.url).post('/logout');
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe('/login');
  });

  test('refuses a forged form', async () => {
    const token = await bob.hidden('/inbox', '/logout');
    expect((await alice.post('/logout')).status).toBe(403);
    expect((await alice.post('/logout', token)).status).toBe(403);
    expect((await alice.get('/inbox')).status).toBe(200);
  });

  test('does not work by a link', async () => {
    const answer = await alice.get('/logout');
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe('POST');
    expect((await alice.get('/inbox')).status).toBe(200);
  });
});

test('is not undone by a request in flight, a hundred times', async () => {
  await app.pool.query('delete from sessions');
  for (let round = 0; round < 100; round += 1) {
    const someone = stranger(app.url, 'alice');
    await login(someone);
    const token = await someone.hidden('/inbox', '/logout');
    const copies = [app.url, other.url, app.url, other.url].map((url) => at(url, someone));
    // Requests that note the visit write to the session.
    await app.pool.query(`update sessions set sess = jsonb_set(sess, '{seenAt}', '0')`);

    const visits = copies.map((copy) => copy.get('/inbox'));
    const [logout] = await Promise.all([someone.post('/logout', token), ...visits]);
    expect(logout.status).toBe(303);
    expect(await countSessions()).toBe(0);
  }
  expect((await stranger(app.url, 'alice', '', alice.cookies()).get('/inbox')).status).toBe(303);
});

// Cookie names: two sites on one host, whatever their ports, do not interfere.
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { at, isSignedIn, registered, stranger, type Person } from '../support/person.ts';

let here: TestApp;
let there: TestApp;
let alice: Person;
beforeAll(async () => {
  here = await startApp({ PUBLIC_URL: 'http://letters.example:8080' });
  there = await startApp({ PUBLIC_URL: 'http://letters.example:8081' });
  alice = await registered(here.url, 'alice');
});
afterAll(() => Promise.all([here.close(), there.close()]));

/** The cookies under other names, as another version or process gave them. */
const renamed = (person: Person, to: (kind: string) => string) =>
  person.cookies().replaceAll(/pm-[0-9a-f]{8}-(\w+)=/g, (_, kind: string) => `${to(kind)}=`);
const sessionNames = (person: Person) =>
  [...person.cookies().matchAll(/([^=; ]*session)=/g)].map(([, name]) => name);

test('two sites on one host do not sign each other out', async () => {
  const neighbour = at(there.url, alice);
  await neighbour.submit('/register', { username: 'anna', password: alice.password });
  const both = at(here.url, neighbour);
  expect([await isSignedIn(neighbour), await isSignedIn(both)]).toEqual([true, true]);
  expect((await both.get('/inbox')).$('body').attr('data-user')).toBe('alice');
  expect((await neighbour.get('/inbox')).$('body').attr('data-user')).toBe('anna');

  await both.send('alice', 'To myself');
  const elsewhere = at(there.url, both);
  expect((await elsewhere.get('/inbox')).$('[role=status]').text()).not.toContain('Sent');
  await elsewhere.submit('/inbox', {}, '/logout');
  await elsewhere.submit('/login', { username: 'anna', password: 'not the password' });
  const back = at(here.url, elsewhere);
  expect((await back.get('/inbox')).$('[role=status]').text()).toContain('Sent');
});

describe('a session cookie with an earlier name', () => {
  test.each([
    ['of version 0.1.0', (kind: string) => kind],
    ['of an address that the site has moved from', (kind: string) => `pm-0123abcd-${kind}`],
  ])('%s is accepted, and reissued once with the current name', async (_, to) => {
    const upgraded = stranger(here.url, 'alice', '', renamed(alice, to));
    const first = await upgraded.get('/inbox');
    expect(first.status).toBe(200);
    expect(sessionNames(upgraded)).toHaveLength(2);
    expect((await upgraded.get('/inbox')).get('Set-Cookie')).toBeUndefined();
    // A form as the first request is no different.
    const form = await upgraded.hidden('/send');
    const sender = stranger(here.url, 'alice', '', renamed(alice, to));
    expect((await sender.post('/send', { ...form, recipient: 'alice', body: 'Sent' })).status).toBe(303);
    expect(sessionNames(sender)).toHaveLength(2);
  });

  test('does not restore an ended session', async () => {
    const bob = await registered(here.url, 'bob');
    const upgraded = stranger(
      here.url,
      'bob',
      '',
      renamed(bob, (kind) => kind),
    );
    await upgraded.submit('/inbox', {}, '/logout');
    expect(await isSignedIn(upgraded)).toBe(false);
    expect(
      await isSignedIn(
        stranger(
          here.url,
          'bob',
          '',
          renamed(bob, (kind) => kind),
        ),
      ),
    ).toBe(false);
  });

  test('is refused if it is another installation’s or unsigned', async () => {
    const { rows } = await here.pool.query<{ secret: string }>('select secret from signing_keys');
    const id = decodeURIComponent(/session=([^;]*)/.exec(alice.cookies())![1]!).replace(/^s:(.*)\..*$/, '$1');
    const signedWith = (secret: string) =>
      encodeURIComponent(
        `s:${id}.${createHmac('sha256', secret).update(id).digest('base64').replace(/=+$/, '')}`,
      );
    const session = (value: string) => isSignedIn(stranger(here.url, '', '', `session=${value}`));
    expect(await session(signedWith(rows[0]!.secret))).toBe(true);
    for (const value of [signedWith('made up'), id, encodeURIComponent(`s:${id}.`), '', '%', '%FF'])
      expect(await session(value)).toBe(false);
    // It does not hide the one that is ours either.
    const both = `pm-01234567-session=${signedWith('made up')}; session=${signedWith(rows[0]!.secret)}`;
    expect(await isSignedIn(stranger(here.url, '', '', both))).toBe(true);
  });
});

test('a known browser stays known after the upgrade', async () => {
  const carol = await registered(here.url, 'carol');
  const upgraded = stranger(
    here.url,
    'carol',
    carol.password,
    renamed(carol, (kind) => kind),
  );
  await upgraded.submit('/inbox', {}, '/logout');
  await upgraded.submit('/login', { username: 'carol', password: carol.password });
  expect((await upgraded.get('/inbox')).$('.messages > li')).toHaveLength(0);
});

test('over https, cookies without the prefix are refused', async () => {
  const safe = await startApp({ PUBLIC_URL: 'https://letters.example' }, here.databaseUrl);
  const cookies = renamed(alice, (kind) => `__Host-${kind}`);
  expect(await isSignedIn(stranger(safe.url, 'alice', '', cookies))).toBe(true);
  for (const to of [(kind: string) => kind, (kind: string) => `pm-01234567-${kind}`])
    expect(await isSignedIn(stranger(safe.url, 'alice', '', renamed(alice, to)))).toBe(false);
  await safe.close();
});

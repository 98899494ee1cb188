// Managing passkeys: added, named and removed; invalid responses add none.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { startApp } from '../../support/app.ts';
import { cast } from '../../support/cast.ts';
import { questionOn, softPasskey, withPasskey } from '../../support/passkey.ts';
import { earlier } from '../../support/earlier.ts';
import { at, stranger, type Person } from '../../support/person.ts';

const home = '/account/passkeys';
const { app, alice, bob } = await cast();
afterAll(() => app.close());
beforeEach(() => app.pool.query('delete from passkeys'));

const names = async (person: Person) => {
  const { $ } = await person.get(home);
  return $('.rows strong').toArray().map((name) => $(name).text()); // prettier-ignore
};
const removal = async (person: Person) =>
  (await person.get(home)).$('form[action$="/remove"]').first().attr('action')!;

test('is linked from the account page and explains what passkeys need', async () => {
  expect((await alice.get('/account')).$(`a[href="${home}"]`)).toHaveLength(1);
  const page = await alice.get(home);
  expect(page.$('[data-without-passkeys]').text()).toContain('Passkeys need JavaScript');
  expect(page.$('[data-passkey]').attr('hidden')).toBeDefined();
  expect(page.$('#name').attr('value')).toBe('An unknown browser');
});

test('the browser is asked for a credential of this user and site, on a device that has none yet', async () => {
  const passkey = await withPasskey(alice);
  const { origin, create } = questionOn(await alice.get(home));
  const { rows } = await app.pool.query<{ id: string }>(`select id from users where username = 'alice'`);
  expect(origin).toBe('http://localhost:3000');
  expect(create).toMatchObject({
    rp: { id: 'localhost' },
    user: { id: Buffer.from(rows[0]!.id.replaceAll('-', ''), 'hex').toString('base64url'), name: 'alice' },
    excludeCredentials: [{ id: passkey.id, type: 'public-key', transports: ['internal', 'hybrid'] }],
    attestation: 'none',
  });
});

test('several passkeys are listed by name, oldest first, and one is removed', async () => {
  for (const name of ['Telephone', '<b>Key</b> & “ring”', 'Laptop 🎉'])
    await withPasskey(alice, softPasskey(), name);
  expect(await names(alice)).toEqual(['Telephone', '<b>Key</b> & “ring”', 'Laptop 🎉']);
  expect((await alice.get(home)).$('.rows li').first().text()).toContain('not used yet');
  const answer = await alice.submit(home, {}, await removal(alice));
  expect([answer.status, answer.get('Location')]).toEqual([303, home]);
  expect(await names(alice)).toEqual(['<b>Key</b> & “ring”', 'Laptop 🎉']);
});

test('a name is required, and shown again with the error', async () => {
  const credential = () => alice.get(home).then((page) => softPasskey().create(questionOn(page)));
  for (const [name, error] of [
    ['', 'Please give it a name.'],
    ['  ', 'Please give it a name.'],
    ['x'.repeat(61), 'A name has at most 60 characters.'],
    ['a\0b', 'This text contains a character that cannot be stored.'],
  ] as const) {
    const answer = await alice.submit(home, { name, credential: await credential() });
    expect([answer.status, answer.$('#name-error').text()]).toEqual([422, error]);
    expect(answer.$('#name').attr('value')).toBe(name.replace('\0', '\uFFFD'));
  }
  expect(await names(alice)).toEqual([]);
  expect((await alice.submit(home, { name: '🎉'.repeat(60), credential: await credential() })).status).toBe(
    303,
  );
});

describe('no passkey is added by', () => {
  const expectRefused = async (credential: string, person = alice) => {
    const answer = await person.submit(home, { name: 'Telephone', credential });
    expect([answer.status, answer.$('[role=alert]').text().trim()]).toEqual([
      422,
      'No passkey was created. Please try again in a browser that supports passkeys, with JavaScript on.',
    ]);
    expect(answer.$('#name').attr('value')).toBe('Telephone');
    expect(await names(person)).toEqual([]);
  };
  const question = async (person = alice) => questionOn(await person.get(home));

  test.each([
    ['nothing', ''],
    ['no JSON', '{'],
    ['null', 'null'],
    ['a number', '1'],
    ['nested arrays', '['.repeat(50_000)],
    ['an object', '{}'],
    ['another type', JSON.stringify({ id: 'x', rawId: 'x', type: 'password', response: {} })],
    [
      'no response',
      JSON.stringify({ id: 'x', rawId: 'x', type: 'public-key', response: null, clientExtensionResults: {} }),
    ],
  ])('%s', async (_, credential) => {
    await expectRefused(credential);
  });

  test.each([
    ['another site’s page', { origin: 'https://evil.example' }],
    ['another site’s passkey', { site: 'evil.example' }],
    ['an answer for a login', { type: 'webauthn.get' }],
    ['nobody being there', { isPresent: false }],
    ['a made-up challenge', { challenge: Buffer.alloc(52, 1).toString('base64url') }],
    ['a challenge that is a number', { challenge: 1e9 }],
    ['a challenge that is an object', { challenge: { length: 1e12 } }],
    ['a maker’s certificates', { attestation: { fmt: 'packed', attStmt: new Map([['x5c', []]]) } }],
    ['another maker’s statement', { attestation: { fmt: 'android-key', attStmt: new Map() } }],
    ['a statement of no known kind', { attestation: { fmt: 'x', attStmt: new Map() } }],
  ])('%s', async (_, slips) => {
    await expectRefused(softPasskey().create(await question(), slips));
  });

  test('a truncated response', async () => {
    const answer = JSON.parse(softPasskey().create(await question())) as { response: Record<string, string> };
    for (const field of ['clientDataJSON', 'attestationObject'] as const) {
      const cut = answer.response[field]!.slice(0, 40);
      await expectRefused(JSON.stringify({ ...answer, response: { ...answer.response, [field]: cut } }));
    }
  });

  test('a response to another user’s challenge', async () => {
    await expectRefused(softPasskey().create(await question(bob)));
  });

  test('a response to the login page’s challenge', async () => {
    const { get } = questionOn(await stranger(app.url).get('/login'));
    await expectRefused(softPasskey().create(await question(), { challenge: get!.challenge }));
  });

  test('a replayed response, at any process', async () => {
    const other = await startApp({}, app.databaseUrl);
    try {
      const credential = softPasskey().create(await question());
      expect((await alice.submit(home, { name: 'Telephone', credential })).status).toBe(303);
      await alice.submit(home, {}, await removal(alice));
      await expectRefused(credential);
      await expectRefused(credential, at(other.url, alice));
    } finally {
      await other.close();
    }
  });

  test('a response older than half an hour', async () => {
    await expectRefused(await earlier(30, async () => softPasskey().create(await question())));
  });
});

test('a passkey is registered once; a user has at most twenty', async () => {
  const passkey = await withPasskey(alice);
  const again = passkey.create(questionOn(await alice.get(home)));
  const refused = await alice.submit(home, { name: 'Again', credential: again });
  expect([refused.status, refused.$('[role=alert]').text()]).toEqual([
    422,
    expect.stringContaining('You have this passkey already'),
  ]);
  await withPasskey(bob, passkey);
  const late = softPasskey().create(questionOn(await alice.get(home)));
  for (let n = 1; n < 20; n++) await withPasskey(alice, softPasskey(), `Key ${n}`);
  expect((await alice.get(home)).$('[data-passkey]')).toHaveLength(0);
  expect((await alice.submit(home, { name: 'One more', credential: late })).status).toBe(422);
  expect(await names(alice)).toHaveLength(20);
});

test('only one of two concurrent registrations takes the last place; removing both turns the factor off', async () => {
  for (let n = 0; n < 19; n++) await withPasskey(alice, softPasskey(), `Key ${n}`);
  const form = await alice.hidden(home);
  const credentials = await Promise.all(
    [1, 2].map(async () => softPasskey().create(questionOn(await alice.get(home)))),
  );
  await Promise.all(credentials.map((credential) => alice.post(home, { ...form, name: 'Last', credential })));
  expect(await names(alice)).toHaveLength(20);

  for (let round = 0; round < 20; round++) {
    await app.pool.query('delete from passkeys');
    for (const name of ['One', 'Two']) await withPasskey(alice, softPasskey(), name);
    await alice.submit('/account/second-factor', { ask: 'yes' }, '/account/second-factor/passkey');
    const page = await alice.get(home);
    const removals = page.$('form[action$="/remove"]').toArray().map((each) => page.$(each).attr('action')!); // prettier-ignore
    await Promise.all(removals.map((action) => alice.post(action, form)));
    const { rows } = await app.pool.query(
      `select passkey_asked_at as at from users where username = 'alice'`,
    );
    expect(rows).toEqual([{ at: null }]);
  }
});

test('a passkey without user verification is labelled as usable for two-factor login only', async () => {
  const credential = softPasskey().create(questionOn(await alice.get(home)), { isVerified: false });
  await alice.submit(home, { name: 'Old key', credential });
  expect((await alice.get(home)).$('[role=status]').first().text()).toBe(
    'It does not ask for fingerprint, face or PIN, so it only works after the password: “Old key”.',
  );
});

test('the password is required first, unless confirmed in the last 15 minutes', async () => {
  const credential = softPasskey().create(questionOn(await bob.get(home)));
  await app.pool.query(`update sessions set sess = sess - 'confirmedAt'`);
  const token = await bob.hidden('/account', '/logout');
  const confirmPassword = `/account/confirm?next=${encodeURIComponent(home)}`;
  for (const answer of [await bob.get(home), await bob.post(home, { ...token, name: 'x', credential })])
    expect([answer.status, answer.get('Location')]).toEqual([303, confirmPassword]);
  for (const person of [alice, bob]) await person.submit('/account/confirm', { password: person.password });
  expect(await names(bob)).toEqual([]);
});

test('another user’s passkey is not found', async () => {
  await withPasskey(alice);
  const path = await removal(alice);
  const token = await bob.hidden('/account', '/logout');
  for (const address of [path, `${home}/01890000-0000-7000-8000-000000000000/remove`, `${home}/x/remove`])
    expect((await bob.post(address, token)).status).toBe(404);
  expect((await stranger(app.url).get(home)).get('Location')).toBe(`/login?next=${encodeURIComponent(home)}`);
  expect((await alice.post(path)).status).toBe(403);
  expect((await alice.get(path)).status).toBe(405);
  expect((await alice.ask('put', home)).status).toBe(405);
  expect(await names(alice)).toEqual(['A key']);
});

// Login with a passkey: only by its owner, on our page, once, within half an hour.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { runCleanupJobs } from '../../../src/process/cleanup-jobs.ts';
import { startApp } from '../../support/app.ts';
import { cast } from '../../support/cast.ts';
import { withCodes } from '../../support/authenticator.ts';
import { filledIn } from '../../support/forms.ts';
import { questionOn, softPasskey, withPasskey, type Passkey } from '../../support/passkey.ts';
import { earlier } from '../../support/earlier.ts';
import { at, isSignedIn, stranger, type Fields, type Person } from '../../support/person.ts';

const address = '/login/passkey';
const { app, reset } = await cast();
const other = await startApp({}, app.databaseUrl);
let alice: Person;
let bob: Person;
let passkey: Passkey;
afterAll(async () => {
  await other.close();
  await app.close();
});
beforeEach(async () => {
  ({ alice, bob } = await reset());
  passkey = await withPasskey(alice);
});

type Slips = Parameters<Passkey['use']>[1];

/** The fields that a new login page sends when this passkey is used on it. */
async function answered(window: Person, used = passkey, slips?: Slips, page = '/login'): Promise<Fields> {
  const login = await window.get(page);
  return { ...filledIn(login, '/login'), credential: used.use(questionOn(login), slips) };
}

async function expectRefused(window: Person, fields: Fields): Promise<void> {
  const answer = await window.post(address, fields);
  expect([answer.status, answer.$('h1').text()]).toEqual([422, 'Login']);
  expect(answer.$('[role=alert]').text()).toContain('This passkey was not accepted');
  expect(await isSignedIn(window)).toBe(false);
}

test('signs in without username and password and leads to the requested page', async () => {
  const window = stranger(app.url);
  const answer = await window.post(address, await answered(window));
  expect([answer.status, answer.get('Location')]).toEqual([303, '/inbox']);
  expect((await window.get('/account')).$('.me .name').text()).toContain('alice');
  expect((await alice.get('/account/passkeys')).$('.rows li').text()).toContain('last used just now');
  const next = '/send?to=bob%20%26%20co';
  const led = stranger(app.url);
  const fields = await answered(led, passkey, {}, `/login?next=${encodeURIComponent(next)}`);
  expect((await led.post(address, fields)).get('Location')).toBe(next);
  const away = stranger(app.url);
  const sent = await away.post(address, { ...(await answered(away)), next: '//evil.example' });
  expect(sent.get('Location')).toBe('/inbox');
});

test('from an unknown browser leaves a notice', async () => {
  const window = stranger(app.url);
  await window.post(address, await answered(window));
  expect((await alice.get('/inbox')).text).toContain('Somebody logged in to your account');
});

test('counts as the second factor too: no code is asked for', async () => {
  await withCodes(alice);
  const window = stranger(app.url);
  expect((await window.post(address, await answered(window))).get('Location')).toBe('/inbox');
  expect(await isSignedIn(window)).toBe(true);
});

test('the login page accepts any passkey of this site, and neither reads nor writes the database', async () => {
  const before = await app.pool.query('select from nonces');
  const { origin, get } = questionOn(await stranger(app.url).get('/login'));
  expect(origin).toBe('http://localhost:3000');
  expect(get).toMatchObject({ rpId: 'localhost', allowCredentials: [], userVerification: 'preferred' });
  expect((await app.pool.query('select from nonces')).rowCount).toBe(before.rowCount);
});

describe('nobody is signed in by', () => {
  test.each<[string, Slips]>([
    ['an answer for another site', { origin: 'https://evil.example' }],
    ['another site’s passkey', { site: 'evil.example' }],
    ['a passkey just made', { type: 'webauthn.create' }],
    ['a passkey without a person there', { isPresent: false }],
    ['a passkey that was not unlocked', { isVerified: false }],
    ['a signature of something else', { isTampered: true }],
    ['a made-up challenge', { challenge: Buffer.alloc(52, 1).toString('base64url') }],
    ['a challenge that is no text', { challenge: { length: 1e12 } }],
    ['a passkey that does not say whose it is', { userHandle: null }],
    ['a passkey of nobody here', { userHandle: Buffer.alloc(16, 1).toString('base64url') }],
    ['an owner who is no person', { userHandle: 'x' }],
  ])('%s', async (_, slips) => {
    const window = stranger(app.url);
    await expectRefused(window, await answered(window, passkey, slips));
  });

  test('another user’s passkey with this user’s handle, or the reverse', async () => {
    const bobs = await withPasskey(bob);
    const handles = await Promise.all(
      [alice, bob].map(async (person) => questionOn(await person.get('/account/passkeys')).create!.user.id),
    );
    const window = stranger(app.url);
    await expectRefused(window, await answered(window, bobs, { userHandle: handles[0]! }));
    await expectRefused(window, await answered(window, passkey, { userHandle: handles[1]! }));
  });

  test('a passkey with the same id and another key', async () => {
    const forged = { ...softPasskey(), id: passkey.id };
    const window = stranger(app.url);
    const fields = await answered(window, forged, {
      userHandle: questionOn(await alice.get('/account/passkeys')).create!.user.id,
    });
    const answer = JSON.parse(fields.credential!) as object;
    await expectRefused(window, {
      ...fields,
      credential: JSON.stringify({ ...answer, id: passkey.id, rawId: passkey.id }),
    });
  });

  test('a replayed response, here or in another process', async () => {
    const window = stranger(app.url);
    const fields = await answered(window);
    const copies = [at(app.url, window), at(other.url, window)];
    expect((await window.post(address, fields)).status).toBe(303);
    for (const copy of copies) await expectRefused(copy, fields);
  });

  test('the same response sent concurrently to two processes, more than once', async () => {
    for (let round = 0; round < 10; round++) {
      const window = stranger(app.url);
      const fields = await answered(window);
      const windows = [window, at(other.url, window)];
      const answers = await Promise.all(windows.map((each) => each.post(address, fields)));
      expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([303, 422]);
    }
  });

  test('a copied passkey with a signature counter', async () => {
    const counting = await withPasskey(alice, softPasskey({ counts: true }));
    for (let n = 0; n < 2; n++) {
      const window = stranger(app.url);
      expect((await window.post(address, await answered(window, counting))).status).toBe(303);
    }
    for (const counter of [0, 2, 3]) {
      const window = stranger(app.url);
      await expectRefused(window, await answered(window, counting, { counter }));
    }
    const window = stranger(app.url);
    expect((await window.post(address, await answered(window, counting, { counter: 9 }))).status).toBe(303);
  });

  test('a response to a page older than half an hour', async () => {
    const [older, younger] = [stranger(app.url), stranger(app.url)];
    const late = await earlier(30, () => answered(older));
    const inTime = await earlier(29, () => answered(younger));
    await expectRefused(older, late);
    expect((await younger.post(address, inTime)).status).toBe(303);
  });

  test('a response to a challenge of the account page', async () => {
    const { create } = questionOn(await alice.get('/account/passkeys'));
    const window = stranger(app.url);
    await expectRefused(window, await answered(window, passkey, { challenge: create!.challenge }));
  });

  test('a removed passkey', async () => {
    const window = stranger(app.url);
    const fields = await answered(window);
    const page = await alice.get('/account/passkeys');
    const removal = page.$('form[action$="/remove"]').attr('action')!;
    await alice.post(removal, filledIn(page, removal));
    await expectRefused(window, fields);
  });

  test('a passkey of a disabled account, whose owner is told why', async () => {
    await app.pool.query('update users set disabled_at = now()');
    const window = stranger(app.url);
    const answer = await window.post(address, await answered(window));
    expect([answer.status, answer.$('[role=alert]').text()]).toEqual([
      422,
      expect.stringContaining('This account has been disabled'),
    ]);
    expect(await isSignedIn(window)).toBe(false);
  });

  test.each([
    ['nothing', ''],
    ['no JSON', '{'],
    ['null', 'null'],
    ['a list', '[]'],
    ['deeply nested lists', '['.repeat(50_000)],
    ['no response', JSON.stringify({ id: 'x', rawId: 'x', type: 'public-key', response: null })],
  ])('%s', async (_, credential) => {
    const window = stranger(app.url);
    await expectRefused(window, { ...(await answered(window)), credential });
  });

  test('a forged form', async () => {
    const window = stranger(app.url);
    const { _csrf, ...fields } = await answered(window);
    const answer = await window.post(address, fields);
    expect([answer.status, answer.$('h1').text()]).toEqual([403, 'Login']);
    expect(await isSignedIn(window)).toBe(false);
  });
});

test('a success refunds the attempt', async () => {
  const window = stranger(app.url);
  const fields = {
    ...(await answered(window, passkey, { isVerified: false })),
    username: 'alice',
    next: '/sent',
  };
  const refused = await window.post(address, fields);
  expect(refused.$('#username').attr('value')).toBe('alice');
  const again = { ...filledIn(refused, '/login'), credential: passkey.use(questionOn(refused)) };
  expect((await window.post(address, again)).get('Location')).toBe('/sent');
});

test('an address is limited to a number of forged responses', async () => {
  const strict = await startApp({ LOGINS_PER_MINUTE: '1' }, app.databaseUrl);
  try {
    const window = stranger(strict.url);
    const statuses = [];
    for (let n = 0; n < 6; n++)
      statuses.push(
        (await window.post(address, await answered(window, passkey, { isTampered: true }))).status,
      );
    expect(statuses).toEqual([422, 422, 422, 422, 422, 429]);
    expect((await window.post(address, await answered(window))).status).toBe(429);
  } finally {
    await strict.close();
  }
});

test('a message preserved on the login page is a draft afterwards', async () => {
  const form: Fields = { ...(await alice.hidden('/send')), recipient: 'alice', body: 'Written for hours' };
  await alice.submit('/inbox', {}, '/logout');
  const refused = await alice.post('/send', form);
  expect(refused.status).toBe(401);
  const answer = await alice.post(address, {
    ...filledIn(refused, '/login'),
    credential: passkey.use(questionOn(refused)),
  });
  expect(answer.get('Location')).toBe(`/send?draft=${form.key}`);
  expect((await alice.get(`/send?draft=${form.key}`)).$('#body').text().trim()).toBe('Written for hours');
});

test('the address alone redirects to the login page; other methods are refused', async () => {
  const window = stranger(app.url);
  expect((await window.get(address)).get('Location')).toBe('/login');
  expect((await window.ask('put', address)).status).toBe(405);
});

test('it works on an https site, where cookies have other names', async () => {
  const site = await startApp({ PUBLIC_URL: 'https://letters.example.org' }, app.databaseUrl);
  try {
    const { origin, get } = questionOn(await stranger(site.url).get('/login'));
    expect([origin, get!.rpId]).toEqual(['https://letters.example.org', 'letters.example.org']);
  } finally {
    await site.close();
  }
});

test('a used challenge is remembered for longer than it is valid', async () => {
  const window = stranger(app.url);
  const fields = await answered(window);
  const copy = at(app.url, window);
  expect((await window.post(address, fields)).status).toBe(303);
  await app.pool.query(`update nonces set used_at = now() - interval '31 minutes'`);
  await runCleanupJobs(app.pool);
  await expectRefused(copy, fields);
  await app.pool.query(`update nonces set used_at = now() - interval '61 minutes'`);
  await runCleanupJobs(app.pool);
  expect((await app.pool.query('select from nonces')).rowCount).toBe(0);
});

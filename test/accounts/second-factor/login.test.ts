// Two-factor login: codes work once, attempts are limited, the cookie is valid for one login.
import { createHmac } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { findAccount } from '../../../src/accounts/queries.ts';
import { dropSecondFactor } from '../../../src/accounts/second-factor/queries.ts';
import { createEncryption } from '../../../src/secrets/encryption.ts';
import { readSecretKey } from '../../../src/secrets/secret-key.ts';
import { endSessions } from '../../../src/sessions/queries.ts';
import { startApp } from '../../support/app.ts';
import { cast } from '../../support/cast.ts';
import { beginLogin, withCodes, type Authenticator } from '../../support/authenticator.ts';
import { filledIn } from '../../support/forms.ts';
import { at, isSignedIn, stranger, type Fields, type Person } from '../../support/person.ts';

const second = '/login/second';
const password = 'a long enough password';
const { app, reset } = await cast();
const other = await startApp({}, app.databaseUrl);
let alice: Person;
let bob: Person;
let phone: Authenticator & { first: string };
afterAll(async () => {
  await other.close();
  await app.close();
});
beforeEach(async () => {
  ({ alice, bob } = await reset());
  phone = await withCodes(alice);
});

const browser = () => stranger(app.url, 'alice', password);
const idOfAlice = async () => (await findAccount(app.pool, 'alice'))!.id;
/** Puts the clock of the codes back, as if none had been used. */
const renewCodes = () => app.pool.query('update totp set last_step = 0');
const signed = (value: string, secret: string) => {
  const key = createHmac('sha256', secret).update('cookie second').digest('base64url');
  return `${value}.${createHmac('sha256', key).update(value).digest('base64').replace(/=+$/, '')}`;
};

test('the password alone does not sign in; with the code it does', async () => {
  const window = browser();
  await beginLogin(window);
  expect(await isSignedIn(window)).toBe(false);
  const page = await window.get(second);
  expect(page.$('h1').text()).toBe('Two-factor login');
  const field = page.$('#code');
  expect([field.attr('inputmode'), field.attr('autocomplete')]).toEqual(['numeric', 'one-time-code']);
  expect(page.$('a[href="/login/second/recovery"]')).toHaveLength(1);
  const answer = await window.submit(second, { code: phone.code() });
  expect([answer.status, answer.get('Location')]).toEqual([303, '/inbox']);
  expect(await isSignedIn(window)).toBe(true);
  expect(window.cookies()).not.toMatch(/second=./);
});

test('the requested page follows, even after a wrong code', async () => {
  const window = browser();
  const typed = { username: 'alice', password };
  const next = '/send?to=bob%20%26%20co';
  expect((await window.submit(`/login?next=${encodeURIComponent(next)}`, typed)).get('Location')).toBe(
    second,
  );
  expect((await window.submit(second, { code: phone.wrong().replace(/^.../, '$& ') })).status).toBe(422);
  expect((await window.submit(second, { code: phone.code() })).get('Location')).toBe(next);
  const long = browser();
  const search = `/search?q=${'x'.repeat(1900)}`;
  await long.submit(`/login?next=${encodeURIComponent(search)}`, typed);
  expect(Buffer.byteLength(long.cookies())).toBeLessThan(4000);
  await renewCodes();
  expect((await long.submit(second, { code: phone.code() })).get('Location')).toBe(search);
});

test('a code works once', async () => {
  const [first, again] = [browser(), browser()];
  await beginLogin(first);
  await beginLogin(again);
  const code = phone.code();
  await first.submit(second, { code });
  const refused = await again.submit(second, { code });
  expect([refused.status, refused.$('#code-error').text()]).toEqual([
    422,
    'This code has been used. Please wait for the next one.',
  ]);
  expect(refused.$('#code').attr('value')).toBe(code);
  expect(await isSignedIn(again)).toBe(false);
  await renewCodes();
  expect((await again.submit(second, { code: phone.code() })).status).toBe(303);
});

test('neither the code that confirmed the app nor an earlier one works again', async () => {
  const window = browser();
  await beginLogin(window);
  for (const code of [phone.first, phone.code(-2)])
    expect((await window.submit(second, { code })).status).toBe(422);
});

test('the same code at two concurrent processes signs in once, in twenty rounds', async () => {
  for (let round = 0; round < 20; round++) {
    await renewCodes();
    await app.pool.query('delete from rate_limits');
    const windows = [browser(), stranger(other.url, 'alice', password)];
    await Promise.all(windows.map((window) => beginLogin(window)));
    const code = phone.code();
    const forms = await Promise.all(windows.map((window) => window.hidden(second)));
    const answers = await Promise.all(windows.map((window, n) => window.post(second, { ...forms[n], code })));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([303, 422]);
    expect((await Promise.all(windows.map(isSignedIn))).filter(Boolean)).toHaveLength(1);
  }
});

test('five wrong codes in 15 minutes, from any address, block further attempts', async () => {
  const windows = [browser(), stranger(other.url, 'alice', password)];
  for (const window of windows) await beginLogin(window);
  const statuses = [];
  for (let n = 0; n < 6; n++)
    statuses.push((await windows[n % 2]!.submit(second, { code: phone.wrong() })).status);
  expect(statuses).toEqual([422, 422, 422, 422, 422, 429]);
  const refused = await windows[0]!.submit(second, { code: phone.code() });
  expect(refused.status).toBe(429);
  expect(refused.$('[role=alert]').text()).toMatch(
    /^Too many attempts. Please wait \d+ minutes and try again.$/,
  );
  expect(refused.$('a[href="/login/second/recovery"]')).toHaveLength(1);
  expect(await isSignedIn(windows[0]!)).toBe(false);
});

test('wrong codes after a right password do not lock the owner out, and leave one notice', async () => {
  const known = at(app.url, alice); // a browser that she has logged in with
  await known.submit('/inbox', {}, '/logout');
  const intruder = browser();
  await beginLogin(intruder);
  for (let n = 0; n < 8; n++) await intruder.submit(second, { code: phone.wrong() });
  expect((await intruder.submit(second, { code: phone.code() })).status).toBe(429);
  await beginLogin(known, alice);
  expect((await known.submit(second, { code: phone.code() })).get('Location')).toBe('/inbox');
  const { rows } = await app.pool.query<{ body: string }>(
    `select body from messages where origin = 'notice' and body like 'Somebody with your password%'`,
  );
  expect(rows).toHaveLength(1);
  expect(rows[0]!.body).toContain('somebody knows your password. Change your password');
});

test('a login as another user, in a signed-in browser, leads to that user’s mailbox', async () => {
  const tab = browser();
  const token = await tab.hidden('/login'); // the page was open before bob logged in, in another tab
  const shared = stranger(app.url, 'alice', password, `${bob.cookies()}; ${tab.cookies()}`);
  const begun = await shared.post('/login', { ...token, username: 'alice', password });
  expect(begun.get('Location')).toBe(second);
  const step = await shared.get(second);
  expect([step.status, step.$('.me')]).toMatchObject([200, { length: 0 }]);
  await shared.post(second, { ...filledIn(step, second), code: phone.code() });
  expect((await shared.get('/account')).$('.me .name').text()).toContain('alice');
});

test('ten concurrent wrong codes count; right ones and malformed ones do not', async () => {
  for (let n = 0; n < 8; n++) {
    await renewCodes();
    const window = browser();
    await beginLogin(window);
    for (const code of ['', 'abcdef', '1234567'])
      expect((await window.submit(second, { code })).status).toBe(422);
    expect((await window.submit(second, { code: phone.code() })).status).toBe(303);
  }
  const window = browser();
  await beginLogin(window);
  const fields = await window.hidden(second);
  const tries = Array.from({ length: 10 }, () => window.post(second, { ...fields, code: phone.wrong() }));
  const statuses = (await Promise.all(tries)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 422)).toHaveLength(5);
});

describe('the pending-login cookie', () => {
  const expectStartOver = async (window: Person, code: string) => {
    const form = await stranger(app.url).hidden('/login');
    for (const answer of [await window.get(second), await window.post(second, { ...form, code })])
      expect([answer.status, answer.get('Location')]).toEqual([303, '/login']);
    expect((await window.get('/login')).$('[role=status]').text()).toContain('Please log in again');
    expect(await isSignedIn(window)).toBe(false);
  };

  test('is valid for one login, even if copied', async () => {
    const window = browser();
    await beginLogin(window);
    const copy = stranger(app.url, 'alice', password, window.cookies());
    await window.submit(second, { code: phone.code() });
    await renewCodes();
    await expectStartOver(copy, phone.code());
  });

  test('signs in once when sent to two processes concurrently, with two right codes', async () => {
    for (let round = 0; round < 10; round++) {
      await renewCodes();
      await app.pool.query('delete from rate_limits');
      const window = browser();
      await beginLogin(window);
      const fields = await window.hidden(second);
      const windows = [window, at(other.url, window)];
      await Promise.all(windows.map((each, n) => each.post(second, { ...fields, code: phone.code(-n) })));
      const { rowCount } = await app.pool.query('select from sessions where user_id = $1', [
        await idOfAlice(),
      ]);
      expect(rowCount).toBe(2 + round); // that of the registration, and one for each round
    }
  });

  test('is void after a new password, or whatever else ends all sessions', async () => {
    const windows = [browser(), browser()];
    for (const window of windows) await beginLogin(window);
    await alice.submit('/account/password', { current: password, password: 'another long one' });
    await expectStartOver(windows[0]!, phone.code());
    await alice.submit('/account/password', { current: 'another long one', password });
    await beginLogin(windows[1]!);
    await endSessions(app.pool, await idOfAlice());
    await expectStartOver(windows[1]!, phone.code());
  });

  test('is void once the account is disabled or has no second factor', async () => {
    const window = browser();
    await beginLogin(window);
    await app.pool.query('update users set disabled_at = now()');
    await expectStartOver(window, phone.code());
    await app.pool.query('update users set disabled_at = null');
    await beginLogin(window);
    await dropSecondFactor(app.pool, await idOfAlice());
    await expectStartOver(window, phone.code());
    expect((await window.submit('/login', { username: 'alice', password })).get('Location')).toBe('/inbox');
  });

  test('is valid for its user only: another user’s code does not help', async () => {
    const bobs = await withCodes(bob);
    const window = browser();
    await beginLogin(window);
    expect((await window.submit(second, { code: bobs.code() })).status).toBe(422);
    expect(await isSignedIn(window)).toBe(false);
  });

  test('expires after ten minutes; altered or forged ones are refused', async () => {
    const { rows } = await app.pool.query<{ secret: string }>('select secret from signing_keys');
    const ours = createEncryption(readSecretKey(inject('dataDir')));
    const window = browser();
    await beginLogin(window);
    const name = /pm-[0-9a-f]{8}-second/.exec(window.cookies())![0];
    const value = { id: await idOfAlice(), epoch: 0, key: 'a key', next: '/inbox' };
    const written = ({
      encryption = ours,
      place = 'cookie second',
      writtenAt = Date.now(),
      epoch = 0,
    } = {}) => {
      const content = Buffer.from(JSON.stringify({ at: writtenAt, value: { ...value, epoch } }));
      return `${name}=${encodeURIComponent(`s:${signed(encryption.encrypt(place, content).toString('base64url'), rows[0]!.secret)}`)}`;
    };
    const page = (cookie: string) => stranger(app.url, 'alice', password, cookie).get(second);
    expect((await page(written())).status).toBe(200);
    for (const cookie of [
      written({ writtenAt: Date.now() - 10 * 60_000 }),
      written({ encryption: createEncryption(Buffer.alloc(32)) }),
      written({ place: 'cookie challenge' }),
      written({ epoch: 1 }),
      `${written()}x`,
      `${name}=${encodeURIComponent(`s:${signed(`j:${JSON.stringify(value)}`, rows[0]!.secret)}`)}`,
      `${name}=${encodeURIComponent(`j:${JSON.stringify(value)}`)}`,
    ])
      expect((await page(cookie)).status, cookie).toBe(303);
  });

  test('is HttpOnly and SameSite, and lasts ten minutes', async () => {
    const answer = await browser().submit('/login', { username: 'alice', password });
    expect(answer.get('Set-Cookie')!.filter((line) => /^pm-[0-9a-f]{8}-second=/.test(line))).toEqual([
      expect.stringMatching(/; Max-Age=600; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/),
    ]);
  });
});

test('a message preserved by the login is preserved in two-factor login and becomes a draft', async () => {
  const form: Fields = { ...(await alice.hidden('/send')), recipient: 'alice', body: 'Written for hours' };
  await alice.submit('/inbox', {}, '/logout');
  const refused = await alice.post('/send', form);
  expect(refused.status).toBe(401);
  const fields = { ...filledIn(refused, '/login'), password };
  const begun = await alice.post('/login', fields);
  expect([begun.status, begun.get('Location')]).toEqual([307, second]);
  const step = await alice.post(second, fields); // what a browser does on 307
  expect(step.status).toBe(200);
  expect((await app.pool.query('select from drafts')).rowCount).toBe(0);
  const wrong = await alice.post(second, { ...filledIn(step, second), code: '12' });
  expect(wrong.status).toBe(422);
  const answer = await alice.post(second, { ...filledIn(wrong, second), code: phone.code() });
  expect(answer.get('Location')).toBe(`/send?draft=${form.key}`);
  expect((await alice.get(answer.get('Location')!)).$('#body').text().trim()).toBe('Written for hours');
});

test('signed-in users are sent to the inbox; without the password, the login starts over', async () => {
  expect((await alice.get(second)).get('Location')).toBe('/inbox');
  expect((await stranger(app.url).get(second)).get('Location')).toBe('/login');
});

test('forged forms and other methods are refused, with the page shown again', async () => {
  const window = browser();
  await beginLogin(window);
  const forged = await window.post(second, { code: phone.code() });
  expect([forged.status, forged.$('h1').text()]).toEqual([403, 'Two-factor login']);
  expect(await isSignedIn(window)).toBe(false);
  expect((await window.ask('put', second)).status).toBe(405);
  expect((await window.post(second, filledIn(forged, second))).status).toBe(303);
});

test('a server that has lost its key says so', async () => {
  await app.pool.query(`update totp set secret = set_byte(secret, 40, get_byte(secret, 40) # 1)`);
  const window = browser();
  await beginLogin(window);
  const page = await window.get(second);
  expect(page.status).toBe(200);
  expect(page.$('[role=alert]').text()).toContain('lost the key needed to check your codes');
  expect(page.$('a[href="/login/second/recovery"]')).toHaveLength(1);
  const token = await window.hidden('/login');
  expect((await window.post(second, { _csrf: token._csrf!, code: phone.code() })).status).toBe(422);
  expect((await alice.get('/account/second-factor')).status).toBe(200);
  expect((await alice.submit('/account/second-factor/off')).status).toBe(303);
});

// With a second factor, one recovery code replaces either the factor or the password.
import { createHash } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { startApp } from '../../support/app.ts';
import { cast } from '../../support/cast.ts';
import { beginLogin, withCodes, type Authenticator } from '../../support/authenticator.ts';
import { makeCodes } from '../../support/codes.ts';
import { filledIn } from '../../support/forms.ts';
import { isSignedIn, stranger, type Fields, type Person } from '../../support/person.ts';

const page = '/login/second/recovery';
const { app, reset } = await cast();
const other = await startApp({}, app.databaseUrl);
let alice: Person;
let phone: Authenticator;
let codes: string[];
afterAll(async () => {
  await other.close();
  await app.close();
});
beforeEach(async () => {
  ({ alice } = await reset());
  codes = await makeCodes(alice);
  phone = await withCodes(alice);
});

const browser = (url = app.url) => stranger(url, 'alice');
const recover = (person: Person, code: string, second?: string) =>
  person.submit('/login/recovery', { username: 'alice', code, ...(second === undefined ? {} : { second }) });
const left = async () =>
  (await app.pool.query<{ left: number }>('select cardinality(hashes) as left from recovery_codes')).rows[0]!
    .left;
const lastNotice = async () =>
  (
    await app.pool.query<{ body: string }>(
      `select body from messages where body like '%were logged out%' order by id desc limit 1`,
    )
  ).rows[0]!.body;

describe('after the password', () => {
  test('a code signs in, ends all other sessions, and leads to the second-factor page', async () => {
    const window = browser();
    await beginLogin(window);
    const answer = await window.submit(page, { recovery: codes[0]!.toLowerCase().replaceAll('-', ' ') });
    expect([answer.status, answer.get('Location')]).toEqual([303, '/account/second-factor']);
    expect((await window.get('/account/second-factor')).$('[role=status]').text()).toContain(
      'You are logged in',
    );
    expect(await isSignedIn(alice)).toBe(false);
    expect(await left()).toBe(9);
    expect(await lastNotice()).toMatch(/^A recovery code was used in place of your second factor to log in/);
    // The password is still the old one, and still asked for.
    expect((await window.get('/account/password')).$('#current')).toHaveLength(1);
  });

  test('wrong, used and missing codes are refused, and wrong ones are counted', async () => {
    const first = browser();
    await beginLogin(first);
    await first.submit(page, { recovery: codes[0]! });
    const window = browser();
    await beginLogin(window);
    expect((await window.submit(page, { recovery: '' })).$('#recovery-error').text()).toBe(
      'Please enter one of your codes.',
    );
    const statuses = [];
    for (const recovery of [codes[0]!, phone.code(), 'x', 'y', 'z', codes[1]!])
      statuses.push((await window.submit(page, { recovery })).status);
    expect(statuses).toEqual([422, 422, 422, 422, 422, 429]);
    expect(await isSignedIn(window)).toBe(false);
    expect(await left()).toBe(9);
  });

  test('a code works at one of two concurrent processes', async () => {
    const windows = [browser(), browser(other.url)];
    for (const window of windows) await beginLogin(window);
    const forms = await Promise.all(windows.map((window) => window.hidden(page)));
    await Promise.all(windows.map((window, n) => window.post(page, { ...forms[n], recovery: codes[0]! })));
    expect((await Promise.all(windows.map(isSignedIn))).filter(Boolean)).toHaveLength(1);
  });

  test('the page requires the password first', async () => {
    expect((await browser().get(page)).get('Location')).toBe('/login');
  });

  test('a preserved message becomes a draft', async () => {
    const form: Fields = { ...(await alice.hidden('/send')), recipient: 'alice', body: 'Written for hours' };
    await alice.submit('/inbox', {}, '/logout');
    const refused = await alice.post('/send', form);
    const fields = { ...filledIn(refused, '/login'), password: alice.password };
    await alice.post('/login', fields);
    const step = await alice.post('/login/second', fields);
    expect(step.$(`button[formaction="${page}"]`)).toHaveLength(1);
    const asked = await alice.post(page, filledIn(step, '/login/second'));
    const answer = await alice.post(page, { ...filledIn(asked, page), recovery: codes[0]! });
    expect(answer.get('Location')).toBe(`/send?draft=${form.key}`);
  });
});

describe('without the password', () => {
  test('one code is not enough and is not consumed; two codes sign in and lead to a new password', async () => {
    const window = browser();
    for (const second of [undefined, '', codes[0]]) {
      const refused = await recover(window, codes[0]!, second);
      expect([refused.status, refused.$('#second-error').text()]).toEqual([
        422,
        expect.stringContaining('it takes two codes'),
      ]);
    }
    expect([await isSignedIn(window), await left()]).toEqual([false, 10]);
    const answer = await recover(window, codes[0]!, codes[1]);
    expect(answer.get('Location')).toBe('/account/password');
    expect([await isSignedIn(window), await isSignedIn(alice), await left()]).toEqual([true, false, 8]);
    expect(await lastNotice()).toMatch(/^Two recovery codes were used to log in/);
    expect(
      (await window.submit('/account/password', { password: 'a new one for alice' })).get('Location'),
    ).toBe('/account');
  });

  test('one right and one wrong code do nothing, and get the same answer as two wrong ones', async () => {
    const wrong = 'The username or the code is wrong, or the code was used already.';
    for (const [first, second] of [
      [codes[0]!, 'x'],
      ['x', codes[0]!],
      ['x', 'y'],
      ['x', undefined],
    ] as const) {
      const refused = await recover(browser(), first, second);
      expect([refused.status, refused.$('#code-error').text()]).toEqual([422, wrong]);
    }
    expect(await left()).toBe(10);
  });
});

test('codes of the earlier version, with sixteen characters, work until new ones are made', async () => {
  const former = ['7K2MQ9XR04TBWH8Z', '0123456789ABCDEF'];
  await app.pool.query('update recovery_codes set hashes = $1', [
    former.map((code) => createHash('sha256').update(code).digest()),
  ]);
  const window = browser();
  await beginLogin(window);
  expect((await window.submit(page, { recovery: '7k2m-q9xr-04tb-wh8z' })).status).toBe(303);
  await makeCodes(window);
  expect((await recover(browser(), former[1]!)).status).toBe(422);
});

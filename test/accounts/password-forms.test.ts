// Passwords in different Unicode forms are the same password, also for hashes from before normalization.
import argon2 from 'argon2';
import { TOTP, Secret } from 'otpauth';
import { afterAll, describe, expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { makeCodes } from '../support/codes.ts';
import { registered, stranger } from '../support/person.ts';

const app = await startApp();
afterAll(() => app.close());

const texts = {
  German: 'Grüße aus Münster',
  Vietnamese: 'mật khẩu của tôi ở đây',
  Korean: '비밀번호는 길어야 한다',
  French: 'un été à la forêt',
  'dotted twice': 'ǭ q\u0323\u0307 lang genug',
};
const forms = Object.entries(texts).flatMap(([language, text]) => {
  const [nfc, nfd] = [text.normalize('NFC'), text.normalize('NFD')];
  return [
    [`${language}, composed and then decomposed`, nfc, nfd],
    [`${language}, decomposed and then composed`, nfd, nfc],
  ] as const;
});
const others = [
  ['full width and then not', 'ｓｅａ　ｇｌａｓｓ　１２', 'sea glass 12'],
  ['not and then full width', 'sea glass lane', 'ｓｅａ ｇｌａｓｓ ｌａｎｅ'],
  ['half-width kana and then full', 'ﾊﾟｽﾜｰﾄﾞ ﾊ ﾅｶﾞｲ', 'パスワード ハ ナガイ'],
  ['a no-break space and then a space', 'sea\u00A0glass lane', 'sea glass lane'],
] as const;

let count = 0;
const newName = () => `person-${(count += 1)}`;
const login = (username: string, password: string) =>
  stranger(app.url).submit('/login', { username, password });
const hashOf = async (username: string) => {
  const { rows } = await app.pool.query<{ hash: string }>(
    'select password_hash as hash from users where username = $1',
    [username],
  );
  return rows[0]!.hash;
};

describe('a password set in one Unicode form works in the other:', () => {
  test.each([...forms, ...others])('%s', async (_, set, typed) => {
    const username = newName();
    await registered(app.url, username, set);
    const hash = await hashOf(username);
    expect((await login(username, typed)).status).toBe(303);
    expect((await login(username, set)).status).toBe(303);
    expect(await hashOf(username)).toBe(hash);
  });

  test('a password that only looks alike does not work', async () => {
    await registered(app.url, 'careful', 'Grüße aus Münster');
    for (const almost of [
      'Grusse aus Munster',
      'Grüsse aus Münster',
      'grüße aus münster',
      'Grüße aus Münster ',
    ])
      expect((await login('careful', almost)).status).toBe(422);
  });
});

const composed = texts.German.normalize('NFC');
const decomposed = texts.German.normalize('NFD');

test('the other form works for confirming, changing and deleting', async () => {
  const person = await registered(app.url, newName(), composed);
  const confirmPassword = await person.submit('/account/confirm', { password: decomposed });
  expect([confirmPassword.status, confirmPassword.get('Location')]).toEqual([303, '/account']);
  const second = `${texts.Vietnamese.normalize('NFC')}!`;
  const change = { current: decomposed, password: second };
  expect((await person.submit('/account/password', change)).get('Location')).toBe('/account');
  expect((await login(person.username, second.normalize('NFD'))).status).toBe(303);
  expect(
    (await person.submit('/account/delete', { password: second.normalize('NFD') })).get('Location'),
  ).toBe('/');
});

test('the other form works for turning off a second factor and for making recovery codes', async () => {
  const person = await registered(app.url, newName(), composed);
  await person.submit('/account/second-factor');
  const letters = (await person.get('/account/second-factor/set-up')).$('.secret').text().replaceAll(' ', '');
  const code = new TOTP({ secret: Secret.fromBase32(letters) }).generate();
  await person.submit('/account/second-factor/set-up', { code });
  await app.pool.query(`update sessions set sess = sess - 'confirmedAt'`);
  const off = '/account/second-factor/off';
  const asked = (await person.get(off)).get('Location')!;
  expect(asked).toContain('/account/confirm');
  expect((await person.submit(asked, { password: decomposed })).status).toBe(303);
  expect((await person.submit(off)).get('Location')).toBe('/account/second-factor');
  expect(await makeCodes(person)).toHaveLength(10);
});

describe('a hash from before passwords were normalized', () => {
  // As it was typed then, and as it is typed now.
  test.each([
    ...forms,
    ...forms.map(([what, set]) => [`${what}: in the form of then`, set, set] as const),
    ['full width, typed so again', 'ｓｅａ　ｇｌａｓｓ　１２', 'ｓｅａ　ｇｌａｓｓ　１２'] as const,
  ])('still verifies and is replaced: %s', async (_, set, typed) => {
    const username = newName();
    await registered(app.url, username);
    const options = { type: argon2.argon2id, memoryCost: 7168, timeCost: 1, parallelism: 1 } as const;
    const old = await argon2.hash(set, options);
    await app.pool.query('update users set password_hash = $2 where username = $1', [username, old]);
    expect((await login(username, `${typed}!`)).status).toBe(422);
    expect(await hashOf(username)).toBe(old);
    expect((await login(username, typed)).status).toBe(303);
    const renewed = await hashOf(username);
    expect(await argon2.verify(renewed, typed.normalize('NFKC'))).toBe(true);
    expect((await login(username, set)).status).toBe(303);
    expect(await hashOf(username)).toBe(renewed);
  });
});

describe('the rules apply to the normalized form:', () => {
  test.each([
    [
      'seven letters, decomposed into fourteen',
      'äöüßÄÖÜ'.normalize('NFD').replace('ß', 'é'.normalize('NFD')),
    ],
    ['a common password in full width', 'ｐａｓｓｗｏｒｄ１'],
    ['257 letters', 'äö'.repeat(128) + 'ü'],
    ['257 letters, decomposed', ('äö'.repeat(128) + 'ü').normalize('NFD')],
    ['fifteen signs of eighteen letters each', 'ﷺ'.repeat(15)],
    ['half a million of those', 'ﷺ'.repeat(50_000)],
  ])('%s: refused', async (_, password) => {
    const answer = await stranger(app.url).submit('/register', { username: newName(), password });
    expect([answer.status, answer.$('#password-error').text()]).toEqual([422, expect.stringMatching(/./)]);
  });

  test.each([
    ['256 characters, decomposed', `Grüne Wiese am See, ${'äö'.repeat(118)}`.normalize('NFD')],
    ['256 characters with two marks, decomposed', `Grüne Wiese am See, ${'ậở'.repeat(118)}`.normalize('NFD')],
    ['one sign of eighteen letters', 'ﷺ'],
  ])('%s: accepted', async (_, password) => {
    const username = newName();
    await registered(app.url, username, password);
    expect((await login(username, password)).status).toBe(303);
    expect((await login(username, password.normalize('NFC'))).status).toBe(303);
  });

  test('a username in full-width characters', async () => {
    const typed = { username: 'charlotte', password: 'ＣＨＡＲＬＯＴＴＥ' };
    expect((await stranger(app.url).submit('/register', typed)).$('#password-error').text()).toContain(
      'username',
    );
  });
});

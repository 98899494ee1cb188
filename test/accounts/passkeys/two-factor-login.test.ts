// A passkey as the second factor.
import { afterAll, beforeEach, expect, test } from 'vitest';
import { findAccount } from '../../../src/accounts/queries.ts';
import { dropSecondFactor } from '../../../src/accounts/second-factor/queries.ts';
import { cast } from '../../support/cast.ts';
import { beginLogin, withCodes } from '../../support/authenticator.ts';
import { makeCodes } from '../../support/codes.ts';
import { filledIn } from '../../support/forms.ts';
import { questionOn, withPasskey, type Passkey } from '../../support/passkey.ts';
import { at, isSignedIn, stranger, type Fields, type Person } from '../../support/person.ts';

const home = '/account/second-factor';
const second = '/login/second';
const address = `${second}/passkey`;
const { app, reset } = await cast();
let alice: Person;
let bob: Person;
let passkey: Passkey;
afterAll(() => app.close());
beforeEach(async () => {
  ({ alice, bob } = await reset());
  passkey = await withPasskey(alice);
});

const window = () => stranger(app.url, 'alice');
const ask = (answer: 'yes' | 'no') => alice.submit(home, { ask: answer }, `${home}/passkey`);
const idOfAlice = async () => (await findAccount(app.pool, 'alice'))!.id;
const withPassword = async () => {
  const person = window();
  return (await person.submit('/login', { username: 'alice', password: person.password })).get('Location');
};
async function answered(person: Person, slips?: Parameters<Passkey['use']>[1]): Promise<Fields> {
  const page = await person.get(second);
  return { ...filledIn(page, second), credential: passkey.use(questionOn(page), slips) };
}

test('is off by default, required when turned on, and not required when turned off', async () => {
  expect(await withPassword()).toBe('/inbox');
  expect((await ask('yes')).get('Location')).toBe(home);
  expect((await alice.get(home)).$('main').text()).toContain('On: a passkey, without a code.');
  expect(await withPassword()).toBe(second);
  await ask('no');
  expect((await alice.get(home)).$('main').text()).toContain('Off. Your password alone is enough to log in.');
  expect(await withPassword()).toBe('/inbox');
});

test('needs the password and a passkey, without user verification, and only this user’s passkeys', async () => {
  await ask('yes');
  const person = window();
  await beginLogin(person);
  const page = await person.get(second);
  expect(page.$('#code')).toHaveLength(0);
  expect(questionOn(page).get!.allowCredentials).toMatchObject([{ id: passkey.id }]);
  expect(page.$('[data-without-passkeys]').text()).toContain('Passkeys need JavaScript');
  expect(page.$('a[href="/login/second/recovery"]')).toHaveLength(1);
  const answer = await person.post(address, await answered(person, { isVerified: false, userHandle: null }));
  expect([answer.status, answer.get('Location')]).toEqual([303, '/inbox']);
  expect(await isSignedIn(person)).toBe(true);
});

test('accepts a code or a passkey if both are set up', async () => {
  const phone = await withCodes(alice);
  const [byCode, byPasskey] = [window(), window()];
  await beginLogin(byCode);
  await beginLogin(byPasskey);
  expect((await byCode.submit(second, { code: phone.code() })).get('Location')).toBe('/inbox');
  expect((await byPasskey.post(address, await answered(byPasskey))).get('Location')).toBe('/inbox');
});

test('refuses invalid responses, those to other logins and others’ passkeys, and shows the page again', async () => {
  await ask('yes');
  const bobs = await withPasskey(bob);
  const [person, another] = [window(), window()];
  await beginLogin(person);
  await beginLogin(another);
  const strange = questionOn(await another.get(second)).get!.challenge;
  const onLogin = questionOn(await stranger(app.url).get('/login')).get!.challenge;
  const page = await person.get(second);
  for (const credential of [
    '',
    'null',
    passkey.use(questionOn(page), { challenge: strange }),
    passkey.use(questionOn(page), { challenge: onLogin }),
    passkey.use(questionOn(page), { origin: 'https://evil.example' }),
    passkey.use(questionOn(page), { isTampered: true }),
    bobs.use(questionOn(page)),
  ]) {
    const refused = await person.post(address, { ...filledIn(page, second), credential });
    expect([refused.status, refused.$('h1').text()]).toEqual([422, 'Two-factor login']);
    expect(refused.$('[role=alert]').text()).toContain('This passkey was not accepted');
    expect(await isSignedIn(person)).toBe(false);
    await app.pool.query('delete from rate_limits');
  }
  expect((await person.post(address, await answered(person))).status).toBe(303);
});

test('allows five wrong responses in 15 minutes; malformed ones do not count', async () => {
  await ask('yes');
  const person = window();
  await beginLogin(person);
  const page = await person.get(second);
  const press = async (credential: string) =>
    (await person.post(address, { ...filledIn(page, second), credential })).status;
  const wrong = () => passkey.use(questionOn(page), { isTampered: true });
  const statuses = [await press(''), await press('{}')];
  for (let n = 0; n < 6; n++) statuses.push(await press(wrong()));
  expect(statuses).toEqual([422, 422, 422, 422, 422, 422, 422, 429]);
  expect(await press(passkey.use(questionOn(page)))).toBe(429);
});

test('accepts a response once, even with a copy of the browser’s cookies', async () => {
  await ask('yes');
  const person = window();
  await beginLogin(person);
  const fields = await answered(person);
  const copy = at(app.url, person);
  const answers = await Promise.all([person.post(address, fields), copy.post(address, fields)]);
  expect(answers.filter((answer) => answer.get('Location') === '/inbox')).toHaveLength(1);
  expect([await isSignedIn(person), await isSignedIn(copy)].filter(Boolean)).toHaveLength(1);
});

test('is not possible before the password', async () => {
  await ask('yes');
  const person = window();
  await beginLogin(person);
  const fields = await answered(person);
  const none = stranger(app.url);
  expect((await none.post(address, fields)).get('Location')).toBe('/login');
  expect((await person.get(address)).get('Location')).toBe(second);
  const { _csrf, ...unguarded } = fields;
  expect((await person.post(address, unguarded)).status).toBe(403);
  expect((await person.ask('put', address)).status).toBe(405);
});

test('is off once the last passkey is removed, and a new passkey does not turn it on', async () => {
  await ask('yes');
  await withPasskey(alice, undefined, 'Another');
  const remove = async () => {
    const page = await alice.get('/account/passkeys');
    const action = page.$('form[action$="/remove"]').first().attr('action')!;
    await alice.post(action, filledIn(page, action));
  };
  await remove();
  expect(await withPassword()).toBe(second);
  await remove();
  expect(await withPassword()).toBe('/inbox');
  expect((await alice.get(home)).$('main').text()).toContain('Off.');
  await withPasskey(alice);
  expect(await withPassword()).toBe('/inbox');
});

test('cannot be turned on without a passkey', async () => {
  const token = await alice.hidden('/account', '/logout');
  await app.pool.query('delete from passkeys');
  expect((await alice.get(home)).$(`form[action="${home}/passkey"]`)).toHaveLength(0);
  await alice.post(`${home}/passkey`, { ...token, ask: 'yes' });
  await withPasskey(alice);
  expect(await withPassword()).toBe('/inbox');
});

test('can be passed with a recovery code, and turned off by the operator', async () => {
  await ask('yes');
  const [code] = await makeCodes(alice);
  const person = window();
  await beginLogin(person, alice);
  const answer = await person.submit('/login/second/recovery', { recovery: code! });
  expect(answer.status).toBe(303);
  expect(await isSignedIn(person)).toBe(true);
  await dropSecondFactor(app.pool, await idOfAlice());
  expect(await withPassword()).toBe('/inbox');
});

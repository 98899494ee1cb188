// The page after login is a setting; an address that was asked for still wins.
import { afterAll, expect, test } from 'vitest';
import { cast } from '../support/cast.ts';
import { beginLogin, withCodes } from '../support/authenticator.ts';
import { makeCodes } from '../support/codes.ts';
import { filledIn } from '../support/forms.ts';
import { questionOn, withPasskey } from '../support/passkey.ts';
import { registered, stranger, type Person } from '../support/person.ts';

const { app, alice } = await cast();
afterAll(() => app.close());

const choose = (person: Person, startPage: string) => person.submit('/account/start-page', { startPage });
const login = ({ username, password }: Person, path = '/login') =>
  stranger(app.url).submit(path, { username, password }, '/login');

test('leads to the inbox, until conversations are chosen, and back', async () => {
  const dora = await registered(app.url, 'dora');
  expect((await login(dora)).headers.location).toBe('/inbox');
  expect((await dora.get('/account/start-page')).$('option[selected]').val()).toBe('inbox');
  const saved = await choose(dora, 'conversations');
  expect([saved.status, saved.headers.location]).toEqual([303, '/account']);
  const account = await dora.get('/account');
  expect(account.$('.flash').text()).toContain('Login leads to your conversations.');
  expect(account.$('dt:contains(Start page) + dd').text()).toContain('Conversations');
  expect((await dora.get('/account/start-page')).$('option[selected]').val()).toBe('conversations');
  expect((await login(dora)).headers.location).toBe('/conversations');
  for (const path of ['/', '/login', '/register', '/login/recovery', '/login/second'])
    expect([path, (await dora.get(path)).headers.location]).toEqual([path, '/conversations']);
  expect((await login(dora, '/login?next=%2Fsent')).headers.location).toBe('/sent');
  expect((await dora.get('/login?next=%2Fsent')).headers.location).toBe('/sent');
  expect((await login(alice)).headers.location).toBe('/inbox');
  await choose(dora, 'inbox');
  expect((await login(dora)).headers.location).toBe('/inbox');
});

test('holds for a login with a second factor', async () => {
  const erin = await registered(app.url, 'erin');
  const { code } = await withCodes(erin);
  await choose(erin, 'conversations');
  const browser = stranger(app.url);
  await beginLogin(browser, erin);
  expect((await browser.submit('/login/second', { code: code() })).headers.location).toBe('/conversations');
});

test('holds for a passkey, and after a recovery code a new password comes first', async () => {
  const fred = await registered(app.url, 'fred');
  const passkey = await withPasskey(fred);
  const [code] = await makeCodes(fred);
  await choose(fred, 'conversations');
  const browser = stranger(app.url);
  const page = await browser.get('/login');
  const fields = { ...filledIn(page, '/login'), credential: passkey.use(questionOn(page)) };
  expect((await browser.post('/login/passkey', fields)).headers.location).toBe('/conversations');
  const recovered = await stranger(app.url).submit('/login/recovery', { username: 'fred', code: code! });
  expect(recovered.headers.location).toBe('/account/password');
});

test('anything else is refused, and the ladder', async () => {
  for (const page of ['', 'trash', '/inbox', 'x'.repeat(1000), '<b>']) {
    const answer = await choose(alice, page);
    expect(answer.status).toBe(422);
    expect(answer.$('#startPage-error').text()).toBe('Please choose one of the two pages.');
  }
  expect((await alice.post('/account/start-page', { startPage: 'conversations' })).status).toBe(403);
  expect((await alice.ask('put', '/account/start-page')).status).toBe(405);
  const answer = await stranger(app.url).get('/account/start-page');
  expect([answer.status, answer.headers.location]).toEqual([303, '/login?next=%2Faccount%2Fstart-page']);
  expect((await login(alice)).headers.location).toBe('/inbox');
});

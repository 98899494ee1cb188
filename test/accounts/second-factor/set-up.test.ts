// Setting up TOTP and turning it off.
import { afterAll, expect, test } from 'vitest';
import { startApp } from '../../support/app.ts';
import { cast } from '../../support/cast.ts';
import { authenticator, enrolled, withCodes } from '../../support/authenticator.ts';
import { columnsWith } from '../../support/mailboxes.ts';
import { at, registered, stranger } from '../../support/person.ts';

const home = '/account/second-factor';
const { app, alice, bob } = await cast();
afterAll(() => app.close());

test('is linked from the account page, and off by default', async () => {
  expect((await alice.get('/account')).$(`a[href="${home}"]`)).toHaveLength(1);
  const page = await alice.get(home);
  expect(page.$('main').text()).toContain('Off. Your password alone is enough to log in.');
});

test('the set-up page shows the secret as a QR code, a link and text', async () => {
  const started = await alice.submit(home);
  expect([started.status, started.get('Location')]).toEqual([303, `${home}/set-up`]);
  const page = await alice.get(`${home}/set-up`);
  const letters = page.$('.secret').text();
  expect(letters).toMatch(/^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$/);
  const link = new URL(page.$('a[href^="otpauth:"]').attr('href')!);
  expect(link.searchParams.get('secret')).toBe(letters.replaceAll(' ', ''));
  expect(decodeURIComponent(link.pathname)).toContain('Private Messages:alice@localhost');
  expect(page.$('svg.qr').attr('aria-label')).toContain('QR code');
  expect(page.$('svg.qr path').attr('d')).toMatch(/^(M\d+ \d+h\d+v1h-\d+z)+$/);
  expect(page.$('[style]')).toHaveLength(0);
});

test('is on only after a right code; the secret stays the same meanwhile', async () => {
  const before = enrolled(await alice.get(`${home}/set-up`));
  await alice.submit(home); // "Set it up" pressed again, as after a look elsewhere
  const wrong = await alice.submit(`${home}/set-up`, { code: '12345' });
  expect([wrong.status, wrong.$('#code-error').text()]).toEqual([422, 'The code has six digits.']);
  expect(wrong.$('#code').attr('value')).toBe('12345');
  const old = await alice.submit(`${home}/set-up`, { code: before.code(-3) });
  expect([old.status, old.$('#code-error').text()]).toEqual([
    422,
    'This is not the current code. Is your clock right?',
  ]);
  expect(enrolled(old).letters).toBe(before.letters);
  expect((await alice.get(home)).text).toContain('Off.');

  const spaced = before.code().replace(/^(...)/, ' $1 ');
  expect((await alice.submit(`${home}/set-up`, { code: spaced })).get('Location')).toBe(home);
  const page = await alice.get(home);
  expect(page.$('[role=status]').text()).toBe('From now on, login asks for a code after your password.');
  expect(page.$('main').text()).toContain('On. Login asks for a code');
});

test('once on, the secret is not shown again, and "Set it up" changes nothing', async () => {
  const { letters } = await withCodes(bob);
  const token = await bob.hidden('/account', '/logout');
  await bob.post(home, token);
  expect((await bob.get(`${home}/set-up`)).get('Location')).toBe(home);
  const { text } = await bob.get(home);
  expect(text.replaceAll(' ', '')).not.toContain(letters.slice(0, 12));
  const again = await bob.post(`${home}/set-up`, { ...token, code: authenticator(letters).code() });
  expect(again.get('Location')).toBe(home);
});

test('is turned off on a page of its own; a new secret is different', async () => {
  const carol = await registered(app.url, 'carol');
  const { letters } = await withCodes(carol);
  expect((await carol.get(home)).$(`a[href="${home}/off"]`)).toHaveLength(1);
  expect((await carol.submit(`${home}/off`)).get('Location')).toBe(home);
  expect((await carol.get(home)).$('[role=status]').text()).toBe('Login no longer asks for a code.');
  const login = await stranger(app.url).submit('/login', { username: 'carol', password: carol.password });
  expect(login.get('Location')).toBe('/inbox');
  expect((await withCodes(carol)).letters).not.toBe(letters);
});

test('confirming without a pending set-up leads back', async () => {
  const dora = await registered(app.url, 'dora');
  for (const page of ['set-up', 'off'])
    expect((await dora.get(`${home}/${page}`)).get('Location')).toBe(home);
});

test('each page requires a recently confirmed password', async () => {
  const emil = await registered(app.url, 'emil');
  await app.pool.query(
    `update sessions set sess = jsonb_set(sess, '{confirmedAt}', '0')
     where user_id = (select id from users where username = 'emil')`,
  );
  const token = await emil.hidden('/account', '/logout');
  for (const page of [home, `${home}/set-up`, `${home}/off`]) {
    const confirmPassword = '/account/confirm?next=%2Faccount%2Fsecond-factor';
    expect((await emil.get(page)).get('Location')).toBe(confirmPassword);
    expect((await emil.post(page, token)).get('Location')).toBe(confirmPassword);
  }
  expect(
    (await app.pool.query(`select from totp t join users u on u.id = t.user_id where username = 'emil'`))
      .rowCount,
  ).toBe(0);
});

test('signed out, one is sent to the login; forged forms and other methods are refused', async () => {
  for (const page of [home, `${home}/set-up`, `${home}/off`]) {
    expect((await stranger(app.url).get(page)).get('Location')).toBe(
      `/login?next=${encodeURIComponent(page)}`,
    );
    expect((await alice.post(page, {})).status).toBe(403);
    expect((await alice.ask('put', page)).status).toBe(405);
  }
  expect((await alice.get(home)).text).toContain('On. Login asks');
});

test('the database holds no secret in plain text, in any encoding, before and after it is confirmed', async () => {
  const gwen = await registered(app.url, 'gwen');
  await gwen.submit(home);
  const { letters, code } = enrolled(await gwen.get(`${home}/set-up`));
  await expectSealed(letters);
  await gwen.submit(`${home}/set-up`, { code: code() });
  await expectSealed(letters);
});

async function expectSealed(letters: string): Promise<void> {
  const bytes = Buffer.from(authenticator(letters).bytes);
  const grouped = letters.match(/.{4}/g)!.join(' ');
  const plain = bytes.toString('base64').replace(/=+$/, '');
  const spellings = [letters, grouped, letters.toLowerCase(), plain, bytes.toString('base64url')];
  for (const hex of [bytes.toString('hex'), bytes.toString('hex').toUpperCase()]) spellings.push(hex);
  for (const text of spellings) expect(await columnsWith(app.pool, text), text).toEqual([]);
}

test('two concurrent confirmations with one code at two processes consume it once', async () => {
  const other = await startApp({}, app.databaseUrl);
  const hugo = await registered(app.url, 'hugo');
  await hugo.submit(home);
  const { code } = enrolled(await hugo.get(`${home}/set-up`));
  const fields = { ...(await hugo.hidden(`${home}/set-up`)), code: code() };
  const answers = await Promise.all([
    hugo.post(`${home}/set-up`, fields),
    at(other.url, hugo).post(`${home}/set-up`, fields),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([303, 303]);
  const flashes = answers.filter((answer) =>
    (answer.get('Set-Cookie') ?? []).some((line) => line.includes('-flash=')),
  );
  expect(flashes).toHaveLength(1);
  await other.close();
});

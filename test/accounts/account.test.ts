// The account page, password confirmation, and changing the password.
import { afterAll, expect, test } from 'vitest';
import { findAccount } from '../../src/accounts/queries.ts';
import { makeResetLink } from '../../src/accounts/reset-links/queries.ts';
import { endSessions, insertSession, newSessionId } from '../../src/sessions/queries.ts';
import { cast } from '../support/cast.ts';
import { registered, stranger, type Person } from '../support/person.ts';

const { app, alice, bob } = await cast();
afterAll(() => app.close());

async function loggedIn(username: string, password: string): Promise<Person> {
  const person = stranger(app.url, username, password);
  expect((await person.submit('/login', { username, password })).status).toBe(303);
  return person;
}

test('every page links to the account page', async () => {
  const inbox = await alice.get('/inbox');
  expect(inbox.$('a[href="/account"]').text()).toBe('Your account: alice');
  expect((await alice.get('/account')).$('h1').text()).toBe('Your account');
});

test('password managers see the username in a field of every password form', async () => {
  const { id } = (await findAccount(app.pool, 'alice'))!;
  const { token } = await makeResetLink(app.pool, id, false);
  await app.pool.query(`update sessions set sess = sess - 'confirmedAt' where user_id = $1`, [id]);
  for (const path of ['/account/password', '/account/confirm', '/account/delete', `/reset/${token}`]) {
    const { $ } = await alice.get(path);
    const form = $('form:has(input[type=password])');
    const field = form.find('input[autocomplete=username]');
    expect(field, path).toHaveLength(1);
    expect(field.val(), path).toBe('alice');
    expect(field.attr('type') ?? 'text', path).toBe('text');
    expect([field.attr('hidden'), field.attr('style'), field.attr('class')], path).toEqual([
      undefined,
      undefined,
      'visually-hidden',
    ]);
    // Before the password, where they look for it.
    const inputs = form.find('input').toArray();
    expect(inputs.indexOf(field[0]!), path).toBeLessThan(
      inputs.indexOf(form.find('input[type=password]')[0]!),
    );
  }
});

test('a signed-out user is sent to the login page and returns after logging in', async () => {
  const answer = await stranger(app.url).get('/account/password');
  expect(answer.get('Location')).toBe('/login?next=%2Faccount%2Fpassword');
});

test('a new password signs out all other browsers but not this one', async () => {
  const elsewhere = await loggedIn('bob', bob.password);
  const answer = await bob.submit('/account/password', {
    current: bob.password,
    password: 'another long one',
  });
  expect(answer.get('Location')).toBe('/account');
  expect((await bob.get('/account')).$('[role=status]').text()).toContain('Your password is changed');
  expect((await elsewhere.get('/inbox')).get('Location')).toBe('/login?next=%2Finbox');

  const old = stranger(app.url);
  const refused = await old.submit('/login', { username: 'bob', password: bob.password });
  expect(refused.status).toBe(422);
  await loggedIn('bob', 'another long one');
});

test('with a wrong current password nothing changes, and neither password is shown again', async () => {
  const fields = { current: 'not the password', password: 'something quite new' };
  const answer = await alice.submit('/account/password', fields);
  expect(answer.status).toBe(422);
  expect(answer.$('#current-error').text()).toBe('This is not your password.');
  expect(answer.$('#current').attr('aria-describedby')).toBe('current-error');
  expect(answer.$('#current').attr('autofocus')).toBeDefined();
  expect(answer.text).not.toContain('something quite new');
  await loggedIn('alice', alice.password);
});

test('a weak new password is refused', async () => {
  const answer = await alice.submit('/account/password', {
    current: alice.password,
    password: 'password123',
  });
  expect(answer.status).toBe(422);
  expect(answer.$('#password-error').text()).toContain('Too many people use this password');
});

test('wrong passwords count as attempts', async () => {
  const { app: strict, charlie } = await cast({ LOGINS_PER_MINUTE: '2' });
  const fields = { current: 'not the password', password: 'something quite new' };
  const statuses = [];
  for (let n = 0; n < 3; n++) statuses.push((await charlie.submit('/account/password', fields)).status);
  expect(statuses).toEqual([422, 422, 429]);
  await strict.close();
});

test('only one of two concurrent changes succeeds', async () => {
  const dora = await registered(app.url, 'dora');
  const form = { ...(await dora.hidden('/account/password')), current: dora.password };
  const changes = ['first new one', 'second new one', 'third new one'].map((password) =>
    dora.post('/account/password', { ...form, password }),
  );
  const answers = await Promise.all(changes);
  // The others find that the session has got another id, or that the password is another one.
  expect(answers.filter((answer) => answer.get('Location') === '/account')).toHaveLength(1);
  expect((await dora.get('/inbox')).status).toBe(200);
});

test('a login that began before all sessions were ended fails', async () => {
  await registered(app.url, 'emil');
  const { id, epoch } = (await findAccount(app.pool, 'emil'))!;
  const data = { startedAt: Date.now(), seenAt: Date.now(), csrfSecret: '' } as never;
  const signIn = () => insertSession(app.pool, newSessionId(id), data, epoch);
  expect(await signIn()).toBe(true);
  await endSessions(app.pool, id);
  expect(await signIn()).toBe(false);
});

test('no session survives a hundred logins racing with the end of all sessions', async () => {
  await registered(app.url, 'frieda');
  const data = { startedAt: Date.now(), seenAt: Date.now(), csrfSecret: '' } as never;
  for (let round = 0; round < 100; round++) {
    const { id, epoch } = (await findAccount(app.pool, 'frieda'))!;
    const signIn = () => insertSession(app.pool, newSessionId(id), data, epoch);
    await Promise.all([signIn(), endSessions(app.pool, id), signIn(), signIn()]);
    const { rowCount } = await app.pool.query('select from sessions where user_id = $1', [id]);
    expect(rowCount).toBe(0);
  }
});

test('only the right password reveals that an account is disabled', async () => {
  const gustav = await registered(app.url, 'gustav');
  await app.pool.query(`update users set disabled_at = now() where username = 'gustav'`);
  const knows = await stranger(app.url).submit('/login', { username: 'gustav', password: gustav.password });
  expect([knows.status, knows.$('#form-error').text()]).toEqual([
    422,
    'This account has been disabled. Ask the person who runs this server.',
  ]);
  const guesses = await stranger(app.url).submit('/login', {
    username: 'gustav',
    password: 'not the password',
  });
  expect(guesses.text).not.toContain('disabled');
});

test('the password is asked for again 15 minutes after it was confirmed', async () => {
  const answer = await alice.get('/account/confirm?next=/account/password');
  expect(answer.$('h1').text()).toBe('Confirm your password');
  const wrong = await alice.submit(
    '/account/confirm?next=/account/password',
    { password: 'wrong' },
    '/account/confirm',
  );
  expect([wrong.status, wrong.$('#password-error').text()]).toEqual([422, 'This is not your password.']);
  expect(wrong.$('input[name=next]').attr('value')).toBe('/account/password');
  const page = '/account/confirm?next=/account/password';
  const right = await alice.submit(page, { password: alice.password }, '/account/confirm');
  expect([right.status, right.get('Location')]).toEqual([303, '/account/password']);
  const evil = await alice.submit(
    '/account/confirm?next=//evil.example',
    { password: alice.password },
    '/account/confirm',
  );
  expect(evil.get('Location')).toBe('/account');
});

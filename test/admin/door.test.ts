// The door to /admin: only for administrators, after a fresh confirmation; for others these addresses do not exist.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { ageConfirmation, makeAdmin } from '../support/admin.ts';
import { withCodes } from '../support/authenticator.ts';
import { cast } from '../support/cast.ts';
import { withoutTokens } from '../support/forms.ts';
import { questionOn, withPasskey } from '../support/passkey.ts';
import { stranger, type Person } from '../support/person.ts';

const { app, reset } = await cast();
let alice: Person;
let bob: Person;
afterAll(() => app.close());
beforeEach(async () => {
  ({ alice, bob } = await reset());
  await makeAdmin(app, alice);
});

const heading = 'Confirm that it is you';

test.each(['/admin', '/admin/', '/Admin', '/admin/nothing', '/admin/people/bob', '/admin?x=1'])(
  'to somebody who is no administrator, %s is an address that does not exist',
  async (path) => {
    const unknown = await bob.get('/nothing-at-all');
    const answer = await bob.get(path);
    expect(answer.status).toBe(404);
    expect(withoutTokens(answer.text)).toBe(withoutTokens(unknown.text));
    const forms = await Promise.all([bob.post('/nothing-at-all'), bob.post(path)]);
    expect(forms.map(({ status }) => status)).toEqual([404, 404]);
    expect(withoutTokens(forms[1].text)).toBe(withoutTokens(forms[0].text));
  },
);

test('signed-out people are sent to the login and back', async () => {
  const answer = await stranger(app.url).get('/admin');
  expect([answer.status, answer.headers.location]).toEqual([303, '/login?next=%2Fadmin']);
});

test('somebody who was an administrator finds nothing any more', async () => {
  expect((await alice.get('/admin')).status).toBe(200);
  await app.pool.query('update users set admin_since = null');
  expect((await alice.get('/admin')).status).toBe(404);
});

test('only administrators have a link to it', async () => {
  const links = async (person: Person) => (await person.get('/inbox')).$('a[href="/admin"]').length;
  expect([await links(alice), await links(bob)]).toEqual([1, 0]);
});

test('a form without its token is refused', async () => {
  expect((await alice.post('/admin')).status).toBe(403);
});

describe('sixteen minutes after the login', () => {
  beforeEach(() => ageConfirmation(app, alice, 16));

  test('the password is asked for, and leads back', async () => {
    const asked = await alice.get('/admin?q=a%20b');
    expect([asked.status, asked.$('h1').text()]).toEqual([200, heading]);
    expect(asked.$('[name=code]')).toHaveLength(0);
    const wrong = await alice.submit('/admin?q=a%20b', { password: 'not the password' }, '/admin?q=a%20b');
    expect([wrong.status, wrong.$('#password-error').text()]).toEqual([422, 'This is not your password.']);
    const right = await alice.submit('/admin?q=a%20b', { password: alice.password }, '/admin?q=a%20b');
    expect([right.status, right.headers.location]).toEqual([303, '/admin?q=a%20b']);
    expect((await alice.get('/admin')).$('h1').text()).toBe('Administration');
  });

  test('a form waits with its fields, and goes on after the confirmation', async () => {
    const { _csrf } = await alice.hidden('/inbox', '/logout');
    const waiting = await alice.post('/admin', { _csrf: _csrf!, words: 'a\n"b"' });
    expect([waiting.status, waiting.$('h1').text()]).toEqual([403, heading]);
    expect(waiting.$('[name=words]').attr('value')).toBe('a\n"b"');
    const wrong = await alice.post('/admin', { _csrf: _csrf!, words: 'a\n"b"', password: 'x' });
    expect([wrong.status, wrong.$('[name=words]').attr('value')]).toEqual([422, 'a\n"b"']);
    const answer = await alice.post('/admin', { _csrf: _csrf!, words: 'a', password: alice.password });
    expect(answer.status).toBe(405); // what a form at this address gets
  });
});

test('where the login takes a code, it is asked for too, however the password was confirmed', async () => {
  const { code, wrong } = await withCodes(alice);
  await ageConfirmation(app, alice, 16);
  await alice.submit('/account/confirm', { password: alice.password });
  const asked = await alice.get('/admin');
  expect([asked.$('h1').text(), asked.$('[name=code]').length]).toEqual([heading, 1]);
  const { password } = alice;
  for (const typed of ['', 'x', wrong()]) {
    const refused = await alice.submit('/admin', { password, code: typed });
    expect([refused.status, refused.$('#code-error').length]).toEqual([422, 1]);
  }
  expect((await alice.submit('/admin', { password: 'x', code: code() })).status).toBe(422);
  expect((await alice.submit('/admin', { password, code: code() })).status).toBe(303);
  expect((await alice.get('/admin')).$('h1').text()).toBe('Administration');
});

test('a passkey does, where the login takes one', async () => {
  const passkey = await withPasskey(alice);
  await alice.submit('/account/second-factor', { ask: 'yes' }, '/account/second-factor/passkey');
  await ageConfirmation(app, alice, 16);
  const question = questionOn(await alice.get('/admin'));
  const { password } = alice;
  expect((await alice.submit('/admin', { password })).status).toBe(422);
  expect((await alice.submit('/admin', { password, credential: '{}' })).status).toBe(422);
  const credential = passkey.use(question);
  expect((await alice.submit('/admin', { password: 'x', credential })).status).toBe(422);
  expect((await alice.submit('/admin', { password, credential })).status).toBe(303);
  expect((await alice.get('/admin')).$('h1').text()).toBe('Administration');
});

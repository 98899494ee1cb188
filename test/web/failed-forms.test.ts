// A refused form is shown again with its input, and errors beside their fields.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cast } from '../support/cast.ts';
import { stranger, type Answer, type Fields } from '../support/person.ts';

const { app, alice, bob } = await cast();
afterAll(() => app.close());

/** The names of the fields that the page marks as wrong; checks that each is tied to its message. */
function wrongFields({ $ }: Answer): string[] {
  const fields = $('[aria-invalid=true]').toArray();
  for (const field of fields) {
    const name = $(field).attr('name')!;
    const describedBy = $(field).attr('aria-describedby')!.split(' ');
    expect(describedBy[0]).toBe(`${name}-error`);
    for (const id of describedBy) expect($(`[id="${id}"]`).text().trim(), id).not.toBe('');
  }
  expect($('[id$="-error"]').not('#form-error')).toHaveLength(fields.length);
  return fields.map((field) => $(field).attr('name')!);
}

const cases: [what: string, page: string, typed: Fields, wrong: string[]][] = [
  ['registering with nothing', '/register', {}, ['username', 'password']],
  ['a bad name', '/register', { username: 'a b', password: 'a long enough password' }, ['username']],
  ['a taken name', '/register', { username: 'alice', password: 'a long enough password' }, ['username']],
  ['a short password', '/register', { username: 'newcomer', password: 'hunter2' }, ['password']],
  ['a common password', '/register', { username: 'newcomer', password: 'password1' }, ['password']],
  ['logging in with nothing', '/login', {}, ['username', 'password']],
  ['logging in with spaces', '/login', { username: '  ', password: 'hunter2' }, ['username']],
  ['a wrong password', '/login', { username: 'alice', password: 'wrong <&"> password' }, ['password']],
  ['sending nothing', '/send', {}, ['recipient', 'body']],
  ['sending to nobody', '/send', { recipient: '', body: 'My words' }, ['recipient']],
  ['sending to an unknown name', '/send', { recipient: 'zoe <&">', body: 'My <b> & "words"' }, ['recipient']],
  ['sending nothing to an unknown name', '/send', { recipient: 'zoe', body: '' }, ['recipient', 'body']],
  [
    'a bad name and a common password',
    '/register',
    { username: 'a b', password: 'password1' },
    ['username', 'password'],
  ],
  ['sending no text', '/send', { recipient: 'alice', body: '' }, ['body']],
  ['sending too much', '/send', { recipient: 'alice', body: 'x'.repeat(10_001) }, ['body']],
];

describe.each(cases)('%s', (_, page, typed, wrong) => {
  let answer: Answer;
  beforeAll(async () => {
    const person = page === '/send' ? alice : stranger(app.url);
    answer = await person.submit(page, typed);
  });

  test('is answered with 422 and the same page', () => {
    expect(answer.status).toBe(422);
    expect(answer.$(`form[method=post][action="${page}"]`)).toHaveLength(1);
    expect(answer.$('title').text()).toMatch(/^Error: /);
  });

  test('marks the wrong fields and focuses the first', () => {
    expect(wrongFields(answer)).toEqual(wrong);
    const focused = answer.$('[autofocus]').toArray();
    expect(focused.map((field) => answer.$(field).attr('name'))).toEqual([wrong[0]]);
  });

  test('keeps the input, except passwords', () => {
    for (const [name, value] of Object.entries(typed)) {
      const field = answer.$(`form[action="${page}"] [name=${name}]`);
      const kept = field.is('textarea') ? field.text() : field.attr('value');
      expect(kept).toBe(name === 'password' ? undefined : value);
    }
    if (typed.password) expect(answer.text).not.toContain(typed.password);
    expect(answer.$('input[type=password][value]')).toHaveLength(0);
  });
});

test('an expired form is shown again with its text and a new token, and then works', async () => {
  const stale = await alice.post('/send', { recipient: 'alice', body: 'My words', _csrf: 'old' });
  expect(stale.status).toBe(403);
  expect(stale.$('[role=alert]').text()).not.toBe('');
  expect(stale.$('textarea[name=body]').text()).toBe('My words');
  const fields = Object.fromEntries(
    stale
      .$('form[action="/send"] input[type=hidden]')
      .toArray()
      .map((input) => [stale.$(input).attr('name')!, stale.$(input).attr('value')!]),
  );
  expect((await alice.post('/send', { ...fields, recipient: 'alice', body: 'My words' })).status).toBe(303);
});

test('a user signed out while writing logs in on that page and finds the message', async () => {
  const form = await bob.hidden('/send');
  await bob.submit('/inbox', {}, '/logout');
  const refused = await bob.post('/send', { ...form, recipient: 'alice', body: '\nWritten for hours' });
  expect(refused.status).toBe(401);
  expect(refused.$('textarea[name=message_body]').text()).toBe('\nWritten for hours');

  const carried = Object.fromEntries(
    refused
      .$('form[action="/login"] input[type=hidden]')
      .toArray()
      .map(({ attribs }) => [attribs.name!, attribs.value!]),
  );
  const login = { ...carried, message_body: '\r\nWritten for hours', username: 'bob' };
  const wrong = await bob.post('/login', { ...login, password: 'not the password' });
  expect(wrong.status).toBe(422);
  expect(wrong.$('textarea[name=message_body]').text()).toBe('\nWritten for hours');

  const back = await bob.post('/login', { ...login, password: bob.password });
  expect(back.headers.location).toBe(`/send?draft=${form.key}`);
  const page = await bob.get(back.headers.location!);
  expect(page.$('textarea[name=body]').text()).toBe('\nWritten for hours');
  expect(page.$('input[name=recipient]').attr('value')).toBe('alice');
  expect(page.$('input[name=key]').attr('value')).toBe(form.key);
});

test('one answer tells an unknown name and a text that is too long', async () => {
  const answer = await alice.submit('/send', { recipient: 'bob, zoe, yan', body: 'x'.repeat(10_001) });
  expect(answer.$('#recipient-error').text()).toContain('Nobody here has these usernames: zoe, yan.');
  expect(answer.$('#body-error').text()).toContain('at most 10,000 characters');
});

describe('changing the password', () => {
  const change = (current: string, password: string) =>
    bob.submit('/account/password', { current, password });

  test.each([
    ['both wrong', 'not it', 'password1', ['current', 'password']],
    ['both wrong, the new one too short', 'not it', 'short', ['current', 'password']],
    ['the current one missing', '', 'password1', ['current', 'password']],
    ['only the current one', 'not it', 'a long enough new password', ['current']],
    ['only the new one', bob.password, 'password1', ['password']],
  ])('tells all that is wrong: %s', async (_, current, password, wrong) => {
    const answer = await change(current, password);
    expect(answer.status).toBe(422);
    expect(wrongFields(answer)).toEqual(wrong);
    expect(answer.$('[autofocus]').attr('name')).toBe(wrong[0]);
  });
});

test('an import tells about its addresses and its file', async () => {
  const answer = await bob.submit('/account/import', { addresses: 'nothing like it' });
  expect(wrongFields(answer)).toEqual(['addresses', 'file']);
  expect(answer.$('[autofocus]')).toHaveLength(1);
});

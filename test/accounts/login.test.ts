// Login: reveals nothing about usernames, redirects safely, and starts a new session.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { withoutTokens } from '../support/forms.ts';
import { registered, stranger, type Person } from '../support/person.ts';

let app: TestApp;
let alice: Person;
beforeAll(async () => {
  // Hashes that take long enough for a missing one to be noticed.
  app = await startApp({ PASSWORD_MEMORY_KIB: '19456' });
  alice = await registered(app.url, 'alice');
});
afterAll(() => app.close());

const wrong = 'not the password';

describe('an unknown name and a wrong password', () => {
  test('get the same page and the same headers', async () => {
    const someone = stranger(app.url);
    await someone.get('/login');
    const pages = [];
    for (const username of ['alice', 'nobody-here']) {
      const answer = await someone.submit('/login', { username, password: wrong });
      expect(answer.status).toBe(422);
      const names = Object.keys(answer.headers).sort();
      const page = withoutTokens(answer.text)
        .replaceAll(/(challenge&#34;:&#34;)[^&]+/g, '$1')
        .replaceAll(`value="${username}"`, 'value=""');
      pages.push({ page, names });
    }
    expect(pages[0]!.page).toContain('The username or the password is wrong.');
    expect(pages[0]).toEqual(pages[1]);
  });
});

describe('after the login, the user is sent', () => {
  const loginWithNext = async (next: string) =>
    stranger(app.url).submit(`/login?next=${encodeURIComponent(next)}`, {
      username: 'alice',
      password: alice.password,
    });

  test('to the inbox', async () => {
    const answer = await stranger(app.url).submit('/login', { username: 'alice', password: alice.password });
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe('/inbox');
  });

  test('to the page that was requested', async () => {
    const someone = stranger(app.url);
    const door = await someone.get('/send?to=bob%20%26%20co');
    expect(door.status).toBe(303);
    const form = { username: 'alice', password: wrong };
    const mistaken = await someone.submit(door.headers.location!, form);
    const next = mistaken.$('input[name=next]').attr('value')!;
    const fields = { ...(await someone.hidden('/login')), ...form, next, password: alice.password };
    expect((await someone.post('/login', fields)).headers.location).toBe('/send?to=bob%20%26%20co');
  });

  test.each([
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example/',
    '\\\\evil.example/',
    '/\t/evil.example/',
    '/\n/evil.example/',
    '\t//evil.example/',
    '/.//evil.example/',
    '/inbox/..//evil.example/',
    '/%2e//evil.example/',
    '/./\\evil.example/',
    'javascript:alert(1)',
    'data:text/html,<b>',
    'evil.example',
    'inbox',
    '?x',
    '',
    '/\0',
    `/${'x'.repeat(5000)}`,
  ])('never to another site or to something that is not a page: %j', async (next) => {
    const typed = { username: 'alice', password: alice.password };
    const someone = stranger(app.url);
    const answer = await someone.post('/login', { ...(await someone.hidden('/login')), ...typed, next });
    expect(answer.status).toBe(303);
    const there = new URL(answer.headers.location!, app.url);
    expect(there.origin).toBe(app.url);
    if (next !== '/\0') expect(there.pathname).toMatch(/^\/(inbox|evil\.example\/)$/);
  });

  test('the same holds for next in the address, and for users who are signed in already', async () => {
    expect((await loginWithNext('//evil.example/')).headers.location).toBe('/inbox');
    for (const next of ['//evil.example/', '/.//evil.example/']) {
      const answer = await alice.get(`/login?next=${encodeURIComponent(next)}`);
      expect(new URL(answer.headers.location!, app.url).host).toBe(new URL(app.url).host);
    }
    expect((await alice.get('/login?next=/send')).headers.location).toBe('/send');
  });
});

test('signed-in users are redirected from the front page, login and register to the inbox', async () => {
  for (const page of ['/', '/login', '/register']) {
    const answer = await alice.get(page);
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe('/inbox');
  }
});

describe('a session fixed in the browser before the login', () => {
  const sessionOf = (person: Person) => /-session=([^;]*)/.exec(person.cookies())![1];

  test.each(['/login', '/register'])('is invalid after %s: the id is new', async (page) => {
    const charlie = await registered(app.url, `charlie${page.length}`);
    const form = stranger(app.url);
    const token = await form.hidden(page);
    const username = page === '/login' ? 'alice' : 'fiona';
    const victim = stranger(app.url, username, alice.password, `${charlie.cookies()}; ${form.cookies()}`);
    const answer = await victim.post(page, { ...token, username, password: alice.password });
    expect(answer.status).toBe(303);

    expect(sessionOf(victim)).not.toBe(sessionOf(charlie));
    expect((await victim.get('/inbox')).text).toContain(username);
    expect((await charlie.get('/inbox')).headers.location).toContain('/login');
  });

  test('is not adopted if it was made up', async () => {
    const name = /[^ ;=]+-session/.exec(alice.cookies())![0];
    for (const planted of [name, 'session', 'pm-01234567-session']) {
      const victim = stranger(app.url, 'alice', alice.password, `${planted}=s%3Aplanted.signature`);
      await victim.submit('/login', { username: 'alice', password: alice.password });
      expect(new RegExp(`${name}=([^;]*)`).exec(victim.cookies())![1]).not.toContain('planted');
    }
  });
});

test('a failed login as another user shows no Logout button, which would not work', async () => {
  const someone = await registered(app.url, 'gwen');
  const form = stranger(app.url);
  const token = await form.hidden('/login');
  const both = stranger(app.url, 'gwen', '', `${someone.cookies()}; ${form.cookies()}`);
  const { status, $ } = await both.post('/login', { ...token, username: 'alice', password: wrong });
  expect(status).toBe(422);
  expect($('form[action="/logout"]').length).toBe(0);
});

test('a name or a password with NUL is refused like any other wrong one', async () => {
  for (const typed of [
    { username: 'ali\0ce', password: wrong },
    { username: 'alice', password: `${alice.password}\0` },
  ])
    expect((await stranger(app.url).submit('/login', typed)).status).toBe(422);
});

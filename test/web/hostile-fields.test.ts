// Every field of every form and address with hostile values: a 4xx page, nothing changed, the process alive.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findAccount } from '../../src/accounts/queries.ts';
import { makeResetLink } from '../../src/accounts/reset-links/queries.ts';
import { cast } from '../support/cast.ts';
import { hostile, hostileToRequired } from '../support/hostile-values.ts';
import { deletionOf } from '../support/inbox.ts';
import { stranger, type Fields, type Person } from '../support/person.ts';

let someone: Person;
let forms: Record<string, { as: Person; action: string; fields: Fields }>;
let before: string;
const { app, alice } = await cast();
beforeAll(async () => {
  await alice.send('alice', 'Note to self');
  someone = stranger(app.url);
  const account = { username: 'newcomer', password: 'a long enough password' };
  const action = deletionOf(await alice.get('/inbox'), 'Note to self');
  const { token } = await makeResetLink(app.pool, (await findAccount(app.pool, 'bob'))!.id, false);
  const reset = `/reset/${token}`;
  forms = {
    register: {
      as: someone,
      action: '/register',
      fields: { ...(await someone.hidden('/register')), ...account },
    },
    login: {
      as: someone,
      action: '/login',
      fields: {
        ...(await someone.hidden('/login')),
        username: 'alice',
        password: alice.password,
        next: '/send',
      },
    },
    send: {
      as: alice,
      action: '/send',
      fields: { ...(await alice.hidden('/send')), recipient: 'alice', body: 'Dear me' },
    },
    delete: { as: alice, action, fields: await alice.hidden('/inbox', action) },
    reset: {
      as: someone,
      action: reset,
      fields: { ...(await someone.hidden(reset)), password: 'another long enough one' },
    },
    logout: { as: alice, action: '/logout', fields: await alice.hidden('/inbox', '/logout') },
  };
});
afterAll(() => app.close());

async function snapshot(): Promise<string> {
  const { rows } = await app.pool.query(
    `select (select json_agg(u) from users u) as users, (select json_agg(m) from messages m) as messages,
            (select count(*) from sent_forms) as forms, (select json_agg(s.sid) from sessions s) as sessions`,
  );
  return JSON.stringify(rows);
}
beforeEach(async () => (before = await snapshot()));
afterEach(async () => {
  expect(await snapshot()).toBe(before);
  expect((await alice.get('/inbox')).status).toBe(200);
});

/** Well under a second on a free machine; tests share theirs. */
const patience = 3000;

const toRequired: typeof hostileToRequired = {
  ...hostileToRequired,
  'with nothing but control characters': (name) => `${name}=%01%02`,
};
const required = {
  register: ['_csrf', 'username', 'password'],
  login: ['_csrf', 'username', 'password'],
  send: ['_csrf', 'recipient', 'body', 'key'],
  delete: ['_csrf'],
  reset: ['_csrf', 'password'],
  logout: ['_csrf'],
};
const hints = { login: ['next'], delete: ['from'] };
// A message may hold these.
const harmless = new Set(['body with nothing but control characters', 'body with the name of a prototype']);
// And these are passwords, though not good ones.
harmless.add('password with the name of a prototype');

function casesOf(fields: Record<string, string[]>, values: typeof hostile) {
  return Object.entries(fields).flatMap(([form, names]) =>
    names.flatMap((name) =>
      Object.entries(values)
        .filter(([how]) => !harmless.has(`${name} ${how}`))
        .map(([how, write]) => [form, name, how, write] as const),
    ),
  );
}

test.each([...casesOf(required, toRequired), ...casesOf(hints, hostile)])(
  'the form to %s, %s %s',
  async (form, name, how, write) => {
    const { as, action, fields } = forms[form]!;
    const { [name]: _, ...others } = fields;
    const startedAt = performance.now();
    const body = `${new URLSearchParams(others).toString()}&${write(name)}`;
    const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const answer = await as.ask('post', action, type, Buffer.from(body, 'latin1'));
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.$('h1').text()).not.toBe('');
    expect(performance.now() - startedAt).toBeLessThan(patience);
  },
);

describe.each([
  ['/inbox', 'before'],
  ['/inbox', 'after'],
  ['/send', 'to'],
  ['/login', 'next'],
  ['/register', 'invitation'],
  ['/nothing-here', 'x'],
])('the address %s, %s', (path, name) => {
  test.each([
    ...Object.entries(hostile),
    ['as a list', (field: string) => `${field}=a&${field}=b`] as const,
    ['with NUL', (field: string) => `${field}=%00`] as const,
  ])('%s', async (_, write) => {
    for (const person of [alice, stranger(app.url)]) {
      const answer = await person.get(`${path}?${write(name)}`.replaceAll(/[\u0080-\u00FF]/g, '%FF'));
      expect(answer.status).toBe(400);
      expect(answer.$('h1').text()).not.toBe('');
    }
  });
});

test('two thousand fields', async () => {
  const fields = Array.from({ length: 2000 }, (_, i) => `field${i}=1`).join('&');
  for (const { as, action } of Object.values(forms)) expect((await as.post(action, fields)).status).toBe(413);
  expect((await alice.get(`/inbox?${fields.slice(0, 9000)}`)).status).toBe(200);
});

test('ten million bytes', async () => {
  const body = `body=${'x'.repeat(10_000_000)}`;
  for (const { as, action } of Object.values(forms)) {
    const startedAt = performance.now();
    expect((await as.post(action, body)).status).toBe(413);
    expect(performance.now() - startedAt).toBeLessThan(patience);
  }
});

test('while our own forms are accepted', async () => {
  for (const [form, { as, action, fields }] of Object.entries(forms)) {
    const body = Buffer.from(new URLSearchParams(fields).toString());
    const answer = await as.ask(
      'post',
      action,
      { 'Content-Type': 'application/x-www-form-urlencoded' },
      body,
    );
    expect(answer.status, form).toBe(303);
    if (form === 'logout') await alice.submit('/login', { username: 'alice', password: alice.password });
  }
  before = await snapshot();
});

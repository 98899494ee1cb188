// A refused message is preserved with every character, and can be sent from the page that shows it again.
import pg from 'pg';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { startApp } from '../../support/app.ts';
import { cast } from '../../support/cast.ts';
import { awkwardText, filledIn } from '../../support/forms.ts';
import { at, registered, stranger, type Answer, type Fields, type Person } from '../../support/person.ts';

const { app } = await cast();
const strict = await startApp({ SENDS_PER_MINUTE: '1' }, app.databaseUrl);
afterAll(async () => {
  await strict.close();
  await app.close();
});

let alice: Person;
let form: Fields;
let people = 0;
beforeEach(async () => {
  await app.pool.query('delete from messages');
  alice = await registered(app.url, `alice${(people += 1)}`);
  form = { ...(await alice.hidden('/send')), recipient: 'bob', body: awkwardText.replaceAll('\n', '\r\n') };
});

/** Another connection holds a table, so that statements on it time out. */
async function whileAway<T>(table: string, work: () => Promise<T>): Promise<T> {
  const holder = new pg.Client({ connectionString: app.databaseUrl });
  await holder.connect();
  try {
    await holder.query(`begin; lock table ${table} in access exclusive mode`);
    return await work();
  } finally {
    await holder.end();
  }
}

async function login(person: Person): Promise<void> {
  await person.submit('/login', { username: alice.username, password: alice.password });
}

function without(field: string): Fields {
  return Object.fromEntries(Object.entries(form).filter(([name]) => name !== field));
}

const refusals: [what: string, status: number, refuse: (action: string) => Promise<Answer>][] = [
  ['there is no token', 403, (action) => alice.post(action, without('_csrf'))],
  ['the token is made up', 403, (action) => alice.post(action, { ...form, _csrf: 'x'.repeat(36) })],
  [
    'the token is of a session that has ended',
    403,
    async (action) => {
      await alice.submit('/inbox', {}, '/logout');
      await login(alice);
      return alice.post(action, form);
    },
  ],
  [
    'the token is of one’s other browser',
    403,
    async (action) => {
      const elsewhere = stranger(app.url);
      await login(elsewhere);
      return alice.post(action, { ...form, _csrf: (await elsewhere.hidden('/send'))._csrf! });
    },
  ],
  [
    'PostgreSQL does not answer when it is to be stored',
    503,
    (action) => whileAway(action === '/send' ? 'sent_forms' : 'drafts', () => alice.post(action, form)),
  ],
  [
    'PostgreSQL does not even answer who one is',
    503,
    (action) => whileAway('sessions', () => alice.post(action, form)),
  ],
];
const onlySending: typeof refusals = [
  ['nobody has that username', 422, (action) => alice.post(action, { ...form, recipient: 'nobody-here' })],
  [
    'there are eleven recipients',
    422,
    (action) => alice.post(action, { ...form, recipient: 'abcdefghijk'.split('').join() }),
  ],
  ['it was sent without a key', 422, (action) => alice.post(action, without('key'))],
  [
    'one has sent too many',
    429,
    async (action) => {
      await alice.send('bob', 'First');
      return at(strict.url, alice).post(action, form);
    },
  ],
];
const cases = [
  ...refusals.flatMap(([what, status, refuse]) =>
    ['/send', '/drafts'].map((action) => [action, what, status, refuse] as const),
  ),
  ...onlySending.map(([what, status, refuse]) => ['/send', what, status, refuse] as const),
];

test.each(cases)(
  '%s: when %s, the answer is %i with all eight thousand characters',
  async (action, _what, status, refuse) => {
    const refused = await refuse(action);
    expect(refused.status).toBe(status);
    expect(refused.$('textarea[name=body]').text()).toBe(awkwardText);
    expect(refused.$('.error').text()).not.toBe('');

    // The same page, once more: now it works.
    const again = { ...filledIn(refused, '/send'), recipient: 'bob' };
    expect((await alice.post('/send', again)).status).toBe(303);
    const { rows } = await app.pool.query(
      `select body from messages where box = 'inbox' and body <> 'First' and origin is null`,
    );
    expect(rows).toEqual([{ body: awkwardText }]);
  },
);

test('a text that is too long is shown again in full, with the limit', async () => {
  const long = awkwardText + awkwardText;
  const refused = await alice.post('/send', { ...form, body: long });
  expect(refused.status).toBe(422);
  expect(refused.$('textarea[name=body]').text()).toBe(long);
  expect(refused.$('#body-error').text()).toContain('10,000');
});

test.each(['/send', '/drafts'])(
  '%s: a user signed out meanwhile gets the text on the login page',
  async (action) => {
    await alice.submit('/inbox', {}, '/logout');
    const refused = await alice.post(action, form);
    expect(refused.status).toBe(401);
    expect(refused.$('textarea[name=message_body]').text()).toBe(awkwardText);
    expect(refused.$('input[name=message_recipient]').attr('value')).toBe('bob');
    expect(refused.$('input[name=username]').attr('value')).toBe(alice.username);
    expect(refused.$('[role=alert]').text()).toContain('logged out');
    expect(refused.$('[name^=password][value]')).toHaveLength(0);
  },
);

test('a user signed out without having written anything gets the plain login page', async () => {
  await alice.submit('/inbox', {}, '/logout');
  for (const action of ['/send', '/drafts']) {
    const refused = await alice.post(action, { ...form, recipient: '', body: '' });
    expect(refused.status).toBe(401);
    expect(refused.$('h1').text()).toBe('Login');
    expect(refused.$('textarea')).toHaveLength(0);
  }
});

// Deleting one's own copy only.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { cast } from '../../support/cast.ts';
import { deletionOf, messagesOn } from '../../support/inbox.ts';
import { stranger, type Fields, type Person } from '../../support/person.ts';

const { app, alice, bob, charlie } = await cast();
let action: string;
beforeEach(async () => {
  await app.pool.query('delete from messages');
  await alice.send('bob', 'Dear Bob');
  await bob.send('charlie', 'Dear Charlie');
  action = deletionOf(await bob.get('/inbox'), 'Dear Bob');
});
afterAll(() => app.close());

async function owners(body = 'Dear Bob'): Promise<string[]> {
  const { rows } = await app.pool.query<{ owner: string }>(
    `select u.username as owner from messages m join users u on u.id = m.owner_id where m.body = $1 order by 1`,
    [body],
  );
  return rows.map((row) => row.owner);
}
const tokenOf = async (person: Person): Promise<Fields> => ({
  _csrf: (await person.hidden('/inbox', '/logout'))._csrf!,
});

test('bob deletes a received message from inbox, trash and table; alice’s copy stays', async () => {
  expect(await owners()).toEqual(['alice', 'bob']);
  const answer = await bob.submit('/inbox', {}, action);
  expect([answer.status, answer.headers.location]).toEqual([303, '/inbox']);
  const inbox = await bob.get('/inbox');
  expect(inbox.$('[role=status]').text()).toContain('Deleted your copy');
  expect(messagesOn(inbox)).toEqual([]);

  const id = action.split('/')[2]!;
  expect((await bob.get(`/messages/${id}`)).status).toBe(404);
  expect((await bob.submit(`/trash/${id}`, {}, `/trash/${id}/delete`)).status).toBe(303);
  expect(await owners()).toEqual(['alice']);
});

test('charlie cannot delete either copy of a message between alice and bob', async () => {
  const { rows } = await app.pool.query<{ id: string }>(`select id from messages where body = 'Dear Bob'`);
  const unknown = await charlie.post(
    '/messages/0195d9a0-7c4c-7000-8000-000000000000/delete',
    await tokenOf(charlie),
  );
  for (const { id } of rows) {
    const answer = await charlie.post(`/messages/${id}/delete`, await tokenOf(charlie));
    expect(answer.status).toBe(404);
    // Nothing tells him that it exists: the page is the one of a message that never was.
    expect(answer.$('main').text()).toBe(unknown.$('main').text());
  }
  expect(await owners()).toEqual(['alice', 'bob']);
});

test('alice cannot delete bob’s copy, although she wrote it', async () => {
  expect((await alice.post(action, await tokenOf(alice))).status).toBe(404);
  expect(await owners()).toEqual(['alice', 'bob']);
});

test('a message that is deleted or never existed answers 404', async () => {
  await bob.submit('/inbox', {}, action);
  const token = await tokenOf(bob);
  expect((await bob.post(action, token)).status).toBe(404);
  expect((await bob.post('/messages/0195d9a0-7c4c-7000-8000-000000000000/delete', token)).status).toBe(404);
});

test('two concurrent clicks delete once', async () => {
  const token = await tokenOf(bob);
  const answers = await Promise.all([bob.post(action, token), bob.post(action, token)]);
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([303, 404]));
});

test.each([
  '1',
  '-1',
  'NaN',
  '9'.repeat(30),
  'x'.repeat(3000),
  '__proto__',
  'inbox',
  '0195d9a0-7c4c-7000-8000-00000000000g',
  '0195d9a0-7c4c-7000-8000-0000000000000',
  '0195d9a07c4c70008000000000000000',
  `0195d9a0-7c4c-7000-8000-000000000000'--`,
  '%20',
  '%F0%9F%A6%89',
])('an impossible id answers 404: %s', async (id) => {
  expect((await bob.post(`/messages/${id}/delete`, await tokenOf(bob))).status).toBe(404);
});

test.each(['%FF', '%ED%A0%80', '%00', '%', '%zz'])('a malformed id is refused: %s', async (id) => {
  expect((await bob.post(`/messages/${id}/delete`, await tokenOf(bob))).status).toBe(400);
});

test('signed out, it redirects to the login, and the message is kept', async () => {
  const answer = await stranger(app.url).post(action, await tokenOf(bob));
  expect(answer.status).toBe(303);
  expect(answer.headers.location).toBe('/login');
  expect(await owners()).toEqual(['alice', 'bob']);
});

describe('a forged form is refused, and the message is kept:', () => {
  const form = 'application/x-www-form-urlencoded';
  const forgeries: [string, () => Promise<[headers: Fields, fields: Fields]>][] = [
    ['without a token', async () => [{}, {}]],
    ['with a made-up token', async () => [{}, { _csrf: 'x'.repeat(36) }]],
    ['with another person’s token', async () => [{}, await tokenOf(charlie)]],
    [
      'with the token of the login page',
      async () => [{}, { _csrf: (await stranger(app.url).hidden('/login'))._csrf! }],
    ],
    ['from another site, by Origin', async () => [{ Origin: 'https://evil.example' }, await tokenOf(bob)]],
    ['from nowhere, by Origin', async () => [{ Origin: 'null' }, await tokenOf(bob)]],
    ['from another port, by Origin', async () => [{ Origin: 'http://127.0.0.1:1' }, await tokenOf(bob)]],
    [
      'from another site, by Sec-Fetch-Site',
      async () => [{ 'Sec-Fetch-Site': 'cross-site' }, await tokenOf(bob)],
    ],
    [
      'from a sister site, by Sec-Fetch-Site',
      async () => [{ 'Sec-Fetch-Site': 'same-site' }, await tokenOf(bob)],
    ],
    [
      'from another site that has our Origin, by Sec-Fetch-Site',
      async () => [{ 'Sec-Fetch-Site': 'cross-site', Origin: app.url }, await tokenOf(bob)],
    ],
  ];
  test.each(forgeries)('%s', async (_, forge) => {
    const [headers, fields] = await forge();
    const body = new URLSearchParams(fields).toString();
    const answer = await bob.ask('post', action, { 'Content-Type': form, ...headers }, body);
    expect(answer.status).toBe(403);
    expect(await owners()).toEqual(['alice', 'bob']);
  });

  test('with the token in the address or in a header', async () => {
    const token = (await tokenOf(bob))._csrf!;
    expect((await bob.post(`${action}?_csrf=${token}`)).status).toBe(403);
    expect((await bob.ask('post', action, { 'X-CSRF-Token': token })).status).toBe(403);
    expect(await owners()).toEqual(['alice', 'bob']);
  });

  test('while our own form is accepted at every name of this machine', async () => {
    const url = new URL(app.url);
    for (const host of [url.host, `localhost:${url.port}`, `192.168.1.5:${url.port}`]) {
      await alice.send('bob', `For ${host}`);
      const headers = {
        'Content-Type': form,
        Host: host,
        Origin: `http://${host}`,
        'Sec-Fetch-Site': 'same-origin',
      };
      const path = deletionOf(await bob.get('/inbox'), `For ${host}`);
      const body = new URLSearchParams(await tokenOf(bob)).toString();
      expect((await bob.ask('post', path, headers, body)).status).toBe(303);
    }
  });
});

test.each(['get', 'head', 'put', 'patch', 'delete', 'options'] as const)(
  '%s is the wrong method',
  async (method) => {
    const answer = await bob.ask(method, action);
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe('POST');
    expect(await owners()).toEqual(['alice', 'bob']);
  },
);

describe('afterwards, one returns to the previous page', () => {
  test('also if it was a later one', async () => {
    const page = '/inbox?before=ffffffff-ffff-ffff-ffff-ffffffffffff';
    expect((await bob.submit(page, {}, action)).headers.location).toBe(page);
  });

  test.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/.//evil.example',
    'javascript:alert(1)',
    '',
  ])('but never to another site: %j', async (from) => {
    const answer = await bob.post(action, { ...(await tokenOf(bob)), from });
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe('/inbox');
  });
});

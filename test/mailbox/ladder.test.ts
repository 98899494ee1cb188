// Every route with an id: works for its owner; for others, the id does not exist.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { cast } from '../support/cast.ts';
import { idOf, snapshotOf, tokenOf } from '../support/mailboxes.ts';
import { stranger, type Answer, type Person } from '../support/person.ts';

const { app, alice, bob, charlie } = await cast();
afterAll(() => app.close());

const never = '0195d9a0-7c4c-7000-8000-000000000000';
const draftKey = 'f7ae1b46-9d1c-4a0e-8a57-1de2a9a9a001';

/** Puts bob's copy where the route expects it; returns its id. */
const received = async () => idOf(app.pool, bob, 'Secret words');
const sent = async () => idOf(app.pool, bob, 'Secret words of Bob');
const trashed = async () => {
  const id = await received();
  await bob.submit('/inbox', {}, `/messages/${id}/delete`);
  return id;
};
const drafted = async () => {
  const draft = { ...(await bob.hidden('/send')), key: draftKey, recipient: 'alice', body: 'Secret draft' };
  expect((await bob.post('/drafts', draft)).status).toBe(303);
  return draftKey;
};

const opened = async () => {
  const id = await received();
  await bob.get(`/messages/${id}`);
  return id;
};

/** Charlie’s message in a tray of bob's. */
const aside = (box: string) => async () => {
  await charlie.send('bob', 'Secret words of Charlie');
  const id = await idOf(app.pool, bob, 'Secret words of Charlie');
  await app.pool.query('update messages set box = $2 where id = $1', [id, box]);
  await app.pool.query('update unread set is_quiet = true where id = $1', [id]);
  return id;
};

const routes: [route: string, prepare: () => Promise<string>][] = [
  ['GET /messages/:id', received],
  ['GET /messages/:id', sent],
  ['POST /messages/:id/delete', received],
  ['POST /messages/:id/delete', sent],
  ['POST /messages/:id/unread', opened],
  ['POST /messages/:id/unsend', sent],
  ['GET /messages/:id/report', received],
  ['POST /messages/:id/report', received],
  ['GET /trash/:id', trashed],
  ['POST /trash/:id/restore', trashed],
  ['POST /trash/:id/delete', trashed],
  ['GET /messages/:id', aside('requests')],
  ['POST /requests/:id/accept', aside('requests')],
  ['POST /requests/:id/delete', aside('requests')],
  ['GET /messages/:id', aside('blocked')],
  ['POST /blocked/:id/move', aside('blocked')],
  ['GET /send?draft=:id', drafted],
  ['POST /drafts/:id/discard', drafted],
];

describe.each(routes)('%s', (route, prepare) => {
  const isForm = route.startsWith('POST');
  const path = (id: string) => route.split(' ')[1]!.replace(':id', id);
  let id: string;
  let before: string;
  beforeEach(async () => {
    await app.pool.query('delete from messages');
    await app.pool.query('delete from drafts');
    await alice.send('bob', 'Secret words');
    await bob.send('alice', 'Secret words of Bob');
    id = await prepare();
    for (const person of [alice, bob, charlie]) await person.get('/drafts'); // takes "Sent to bob." away
    before = await snapshotOf(app.pool);
  });

  const ask = async (person: Person, address: string): Promise<Answer> =>
    isForm ? person.post(address, await tokenOf(person)) : person.get(address);

  test('works', async () => {
    const answer = await ask(bob, path(id));
    expect(answer.status).toBe(isForm ? 303 : 200);
    if (isForm) expect(await snapshotOf(app.pool)).not.toBe(before);
    else expect(answer.text).toContain('Secret');
  });

  test('answers 404 to charlie and to the correspondent, as for an unknown id', async () => {
    for (const person of [charlie, alice]) {
      const unknown = await ask(person, path(never));
      expect(unknown.status).toBe(404);
      const answer = await ask(person, path(id));
      expect(answer.status).toBe(404);
      expect(answer.$('main').text()).toBe(unknown.$('main').text());
      expect(answer.text).not.toContain('Secret words');
      expect(answer.text).not.toContain('Secret draft');
    }
    expect(await snapshotOf(app.pool)).toBe(before);
  });

  test('answers 404 for an unknown or impossible id', async () => {
    const impossible = [
      '1',
      '-1',
      '9'.repeat(40),
      'x'.repeat(3000),
      '__proto__',
      'inbox',
      `${id}0`,
      id.slice(1),
    ];
    impossible.push(id.replaceAll('-', ''), `${id}'--`, '%20', '%F0%9F%A6%89', `{${id}}`, `${id}%0A`, 'null');
    for (const other of [never, ...impossible]) {
      const answer = await ask(bob, path(other));
      expect([other, answer.status]).toEqual([other, 404]);
      expect(answer.$('h1').text()).not.toBe('');
    }
    expect(await snapshotOf(app.pool)).toBe(before);
  });

  test('is refused for malformed encoding', async () => {
    for (const broken of ['%FF', '%ED%A0%80', '%00', '%', '%zz', '%C0%80'])
      expect((await ask(bob, path(broken))).status).toBe(400);
    expect(await snapshotOf(app.pool)).toBe(before);
  });

  test('redirects to the login when signed out', async () => {
    const answer = await (isForm
      ? stranger(app.url).post(path(id), await tokenOf(bob))
      : stranger(app.url).get(path(id)));
    expect(answer.status).toBe(303);
    const back = isForm ? '' : `?next=${encodeURIComponent(path(id))}`;
    expect(answer.headers.location).toBe(`/login${back}`);
    expect(await snapshotOf(app.pool)).toBe(before);
  });

  if (isForm)
    test('refuses a forged form', async () => {
      const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
      const token = new URLSearchParams(await tokenOf(bob)).toString();
      const forged: [object, string][] = [
        [{}, ''],
        [{}, `_csrf=${'x'.repeat(36)}`],
        [{}, new URLSearchParams(await tokenOf(charlie)).toString()],
        [{ Origin: 'https://evil.example' }, token],
        [{ 'Sec-Fetch-Site': 'cross-site' }, token],
      ];
      for (const [headers, body] of forged) {
        const answer = await bob.ask('post', path(id), { ...type, ...headers }, body);
        expect(answer.status).toBe(403);
        expect(answer.text).not.toContain('Secret');
      }
      expect((await bob.post(`${path(id)}?${token}`)).status).toBe(403);
      expect(await snapshotOf(app.pool)).toBe(before);
    });

  test('refuses other methods', async () => {
    const isPageWithForm = /\/(send|report)\b/.test(route);
    const methods = ['put', 'patch', 'delete', isForm ? 'get' : 'post', isForm ? 'head' : 'put'] as const;
    for (const other of methods.filter((method) => !(isPageWithForm && /get|head|post/.test(method)))) {
      const fields = other === 'post' ? new URLSearchParams(await tokenOf(bob)).toString() : '';
      const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
      const answer = await bob.ask(other, path(id), type, fields);
      expect([other, answer.status]).toEqual([other, 405]);
      expect(answer.headers.allow).toContain(route.split(' ')[0]);
    }
    expect(await snapshotOf(app.pool)).toBe(before);
  });
});

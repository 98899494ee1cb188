// Taking back an unopened message, without a trace.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { cast } from '../support/cast.ts';
import { columnsWith, copiesOf, idOf, tokenOf } from '../support/mailboxes.ts';
import type { Answer, Person } from '../support/person.ts';

const { app, alice, bob, charlie } = await cast();
beforeEach(async () => {
  await app.pool.query('delete from messages');
  await alice.send('bob', 'Canary');
});
afterAll(() => app.close());

const copyOf = (person: Person) => idOf(app.pool, person, 'Canary');
const takeBack = async (): Promise<Answer> =>
  alice.submit('/sent', {}, `/messages/${await copyOf(alice)}/unsend`);
const flashOf = async (person: Person, page: string) =>
  (await person.get(page)).$('[role=status]').first().text();

async function expectTooLate(): Promise<void> {
  const before = await copiesOf(app.pool, 'Canary');
  const answer = await takeBack();
  expect([answer.status, answer.headers.location]).toEqual([303, '/sent']);
  expect(await flashOf(alice, '/sent')).toBe(
    'bob has opened or deleted it already, so it cannot be taken back.',
  );
  expect(await copiesOf(app.pool, 'Canary')).toEqual(before);
}

test('an unopened message disappears from both sides, without a trace in any table', async () => {
  await alice.get('/inbox');
  await bob.get('/inbox'); // a row that shows the beginning is not an opened message
  expect(await columnsWith(app.pool, 'Canary')).toEqual(['messages.body']);
  const answer = await takeBack();
  expect([answer.status, answer.headers.location]).toEqual([303, '/sent']);
  const sent = await alice.get('/sent');
  expect(sent.$('[role=status]').first().text()).toBe('Taken back: bob will not see it.');
  expect(sent.text).not.toContain('Canary');
  const inbox = await bob.get('/inbox');
  expect(inbox.text).not.toContain('Canary');
  expect(inbox.$('title').text()).toMatch(/^Inbox/);
  expect(await columnsWith(app.pool, 'Canary')).toEqual([]);
  expect((await app.pool.query('select from unread')).rowCount).toBe(0);
});

test('a message taken back answers 404 on both sides', async () => {
  const [alices, bobs] = await Promise.all([copyOf(alice), copyOf(bob)]);
  const reader = await bob.hidden('/inbox', `/messages/${bobs}/delete`);
  await takeBack();
  expect((await alice.get(`/messages/${alices}`)).status).toBe(404);
  expect((await bob.get(`/messages/${bobs}`)).status).toBe(404);
  expect((await bob.post(`/messages/${bobs}/delete`, reader)).status).toBe(404);
  expect((await alice.post(`/messages/${alices}/unsend`, await tokenOf(alice))).status).toBe(404);
});

describe('it stays once it was', () => {
  test('opened', async () => {
    await bob.get(`/messages/${await copyOf(bob)}`);
    await expectTooLate();
  });

  test('opened and marked as unread again', async () => {
    const id = await copyOf(bob);
    await bob.get(`/messages/${id}`);
    await bob.post(`/messages/${id}/unread`, await tokenOf(bob));
    expect(await copiesOf(app.pool, 'Canary')).toContain('bob inbox, unread again');
    await expectTooLate();
  });

  test('shown in the conversation', async () => {
    await bob.get('/with/alice');
    await expectTooLate();
  });

  test('marked as read with all others', async () => {
    await bob.submit('/inbox', {}, '/messages/read');
    await expectTooLate();
  });

  test('opened in the trash', async () => {
    const id = await copyOf(bob);
    await bob.submit('/inbox', {}, `/messages/${id}/delete`);
    expect((await bob.get(`/trash/${id}`)).$('.text').text()).toBe('Canary');
    await expectTooLate();
  });

  test('deleted permanently by its recipient', async () => {
    const id = await copyOf(bob);
    await bob.submit('/inbox', {}, `/messages/${id}/delete`);
    await bob.post(`/trash/${id}/delete`, await tokenOf(bob));
    await expectTooLate();
  });
});

test.each([
  ['a browser loaded ahead', 'get', { 'Sec-Purpose': 'prefetch' }],
  ['somebody asked for the headers of', 'head', {}],
] as const)('%s can still be taken back, from the trash too', async (_, method, headers) => {
  const id = await copyOf(bob);
  await bob.ask(method, `/messages/${id}`, headers);
  await bob.ask(method, '/with/alice', headers);
  await bob.submit('/inbox', {}, `/messages/${id}/delete`);
  await bob.ask(method, `/trash/${id}`, headers);
  await takeBack();
  expect(await columnsWith(app.pool, 'Canary')).toEqual([]);
});

test('an unopened message in the recipient’s trash can be taken back', async () => {
  await bob.submit('/inbox', {}, `/messages/${await copyOf(bob)}/delete`);
  await takeBack();
  expect((await bob.get('/trash')).text).not.toContain('Canary');
  expect(await columnsWith(app.pool, 'Canary')).toEqual([]);
});

test('neither charlie nor the recipient can take it back, with either copy’s id', async () => {
  const ids = await Promise.all([copyOf(alice), copyOf(bob)]);
  const unknown = await charlie.post(
    '/messages/0195d9a0-7c4c-7000-8000-000000000000/unsend',
    await tokenOf(charlie),
  );
  for (const id of ids) {
    for (const person of [charlie, bob]) {
      const answer = await person.post(`/messages/${id}/unsend`, await tokenOf(person));
      expect(answer.status).toBe(404);
      expect(answer.$('main').text()).toBe(unknown.$('main').text());
    }
  }
  // Nor does alice by naming his.
  expect((await alice.post(`/messages/${ids[1]}/unsend`, await tokenOf(alice))).status).toBe(404);
  expect(await copiesOf(app.pool, 'Canary')).toEqual(['alice sent', 'bob inbox, unread']);
});

test('a message in one’s own trash has to be restored first', async () => {
  const id = await copyOf(alice);
  await alice.submit('/sent', {}, `/messages/${id}/delete`);
  expect((await alice.post(`/messages/${id}/unsend`, await tokenOf(alice))).status).toBe(404);
  await alice.submit('/trash', {}, `/trash/${id}/restore`);
  await takeBack();
  expect(await columnsWith(app.pool, 'Canary')).toEqual([]);
});

test('of one message to several, each copy is taken back on its own', async () => {
  await alice.send('bob, charlie', 'To both');
  const { rows } = await app.pool.query<{ id: string }>(
    `select m.id from messages m join users u on u.id = m.other_id
     where m.body = 'To both' and m.box = 'sent' and u.username = 'charlie'`,
  );
  await alice.submit('/sent', {}, `/messages/${rows[0]!.id}/unsend`);
  expect(await copiesOf(app.pool, 'To both')).toEqual(['alice sent', 'bob inbox, unread']);
});

test('a note to oneself can be taken back too', async () => {
  await alice.send('alice', 'A note to myself');
  await alice.submit(
    '/sent',
    {},
    `/messages/${await idOf(app.pool, alice, 'A note to myself', 'sent')}/unsend`,
  );
  expect(await columnsWith(app.pool, 'A note to myself')).toEqual([]);
});

test('two concurrent clicks take back once', async () => {
  const path = `/messages/${await copyOf(alice)}/unsend`;
  const token = await tokenOf(alice);
  const answers = await Promise.all([alice.post(path, token), alice.post(path, token)]);
  expect(answers.map(({ status }) => status)).toContain(303);
  for (const { status } of answers) expect([303, 404]).toContain(status);
  expect(await columnsWith(app.pool, 'Canary')).toEqual([]);
});

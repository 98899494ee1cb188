// First contact: whom one has never written to nor accepted asks in Requests.
import { afterAll, beforeEach, expect, test } from 'vitest';
import { startApp } from '../../support/app.ts';
import { cast } from '../../support/cast.ts';
import { findUntrueConversations } from '../../support/conversations.ts';
import { messagesOn } from '../../support/inbox.ts';
import { copiesOf, idOf, tokenOf } from '../../support/mailboxes.ts';
import { at, type Person } from '../../support/person.ts';

const { app, reset, ...people } = await cast({ FIRST_CONTACT: 'requests' });
let { alice, bob, charlie } = people;
beforeEach(async () => ({ alice, bob, charlie } = await reset()));
afterAll(() => app.close());

const bodiesAt = async (person: Person, path: string) =>
  messagesOn(await person.get(path)).map(({ body }) => body);
const choose = (person: Person, firstContact: string) =>
  person.submit('/account/first-contact', { firstContact });

test('a stranger’s first message waits in Requests, where nothing counts it and its links are text', async () => {
  await alice.send('bob', 'Hello, see https://example.org/ please');
  expect(await bodiesAt(bob, '/inbox')).toEqual([]);
  expect(await bodiesAt(bob, '/conversations')).toEqual([]);
  expect(await bodiesAt(bob, '/search?q=hello')).toEqual([]);
  expect(await bodiesAt(bob, '/search?q=hello in:requests')).toHaveLength(1);
  const inbox = await bob.get('/inbox');
  expect(inbox.$('[data-count]').text()).toBe('0');
  expect(inbox.$('main').text().replaceAll(/\s+/g, ' ')).toContain(
    'Requests (1) from people you have never written',
  );

  expect(await bodiesAt(bob, '/requests')).toEqual(['Hello, see https://example.org/ please']);
  const { $ } = await bob.get(
    `/messages/${await idOf(app.pool, bob, 'Hello, see https://example.org/ please')}`,
  );
  expect($('h1').text()).toMatch(/Request from\s+alice/);
  expect($('.text a')).toHaveLength(0);
  expect(
    $('article button')
      .toArray()
      .map((button) => $(button).text()),
  ).toEqual(['Accept', 'Delete', 'Block alice']);
});

test('one message of each person is shown; the others come with it when it is accepted', async () => {
  for (const body of ['First', 'Second', 'Third']) await alice.send('bob', body);
  await charlie.send('bob', 'From charlie');
  expect(await bodiesAt(bob, '/requests')).toEqual(['From charlie', 'First']);
  const first = await idOf(app.pool, bob, 'First');
  const page = await bob.get(`/messages/${first}`);
  expect(page.$('.hint').text().replaceAll(/\s+/g, ' ')).toContain('2 more messages from alice will come');

  const answer = await bob.submit(`/messages/${first}`, {}, `/requests/${first}/accept`);
  expect(answer.headers.location).toMatch(/^\/requests/);
  expect(await bodiesAt(bob, '/inbox')).toEqual(['Third', 'Second', 'First']);
  expect((await bob.get('/inbox')).$('[data-count]').text()).toBe('2'); // the first was read
  await alice.send('bob', 'Fourth');
  expect((await bodiesAt(bob, '/inbox'))[0]).toBe('Fourth');
  expect(await bodiesAt(bob, '/requests')).toEqual(['From charlie']);
  expect(await findUntrueConversations(app.pool)).toEqual([]);
});

test('to answer is to accept, and whoever has been written to never asks', async () => {
  await alice.send('bob', 'A question');
  await bob.send('alice', 'An answer');
  expect(await bodiesAt(bob, '/inbox')).toEqual(['A question']);
  expect(await bodiesAt(alice, '/inbox')).toEqual(['An answer']); // alice had written first
  await alice.send('bob', 'Thank you');
  expect((await bodiesAt(bob, '/inbox'))[0]).toBe('Thank you');
  expect(await findUntrueConversations(app.pool)).toEqual([]);
});

test('Delete takes all that a person asks with, and Undo brings it back as a request', async () => {
  await alice.send('bob', 'First');
  await alice.send('bob', 'Second');
  const first = await idOf(app.pool, bob, 'First');
  await bob.submit(`/messages/${first}`, {}, `/requests/${first}/delete`);
  expect(await copiesOf(app.pool, 'Second')).toEqual(['alice sent', 'bob held in the trash, unread']);
  await bob.submit('/requests', {}, '/trash/undo');
  expect(await bodiesAt(bob, '/requests')).toEqual(['First']);
  expect((await bob.get('/inbox')).$('[data-count]').text()).toBe('0');
});

test('after the first was taken back, the next one is shown', async () => {
  for (const body of ['First', 'Second', 'Third']) await alice.send('bob', body);
  await alice.submit('/sent', {}, `/messages/${await idOf(app.pool, alice, 'First')}/unsend`);
  expect(await bodiesAt(bob, '/requests')).toEqual(['Second']);
  await alice.submit('/sent', {}, `/messages/${await idOf(app.pool, alice, 'Third')}/unsend`);
  expect(await bodiesAt(bob, '/requests')).toEqual(['Second']);
});

test('several are accepted or deleted at once', async () => {
  await alice.send('bob', 'From alice');
  await charlie.send('bob', 'From charlie');
  const ids = [await idOf(app.pool, bob, 'From alice'), await idOf(app.pool, bob, 'From charlie')].join();
  await bob.submit('/requests', { ids, action: 'accept' }, '/requests/selected');
  expect(await bodiesAt(bob, '/inbox')).toEqual(['From charlie', 'From alice']);
  await bob.post('/requests/selected', { ...(await tokenOf(bob)), ids, action: 'accept' });
  expect((await bob.get('/inbox')).$('.flash').text()).toContain('Nothing to accept');
});

test('a blocked person’s requests move to Blocked', async () => {
  await alice.send('bob', 'First');
  await alice.send('bob', 'Second');
  const first = await idOf(app.pool, bob, 'First');
  await bob.submit(`/messages/${first}`, { username: 'alice' }, '/account/blocked');
  expect(await bodiesAt(bob, '/requests')).toEqual([]);
  expect(await bodiesAt(bob, '/blocked')).toEqual(['Second', 'First']);
});

test('each person chooses: everybody, requests first, or only people they have written to', async () => {
  await choose(bob, 'inbox');
  await alice.send('bob', 'To everybody’s inbox');
  expect(await bodiesAt(bob, '/inbox')).toEqual(['To everybody’s inbox']);
  await choose(bob, 'known');
  await charlie.send('bob', 'Aside');
  expect(await bodiesAt(bob, '/blocked')).toEqual(['Aside']);
  await bob.send('charlie', 'Now known');
  await charlie.send('bob', 'To the inbox');
  expect(await bodiesAt(bob, '/inbox')).toContain('To the inbox');
  await choose(bob, 'default');
  await alice.send('bob', 'Asks first');
  expect(await bodiesAt(bob, '/requests')).toEqual(['Asks first']);
  const refused = await choose(bob, 'nobody');
  expect(refused.status).toBe(422);
  expect(refused.$('#firstContact-error').text()).toContain('Please choose');
});

test('a note to oneself is never a request', async () => {
  await bob.send('bob', 'Remember the milk');
  expect(await bodiesAt(bob, '/inbox')).toEqual(['Remember the milk']);
});

test('of several recipients, each decides for their own copy', async () => {
  await bob.send('alice', 'Hello');
  await alice.submit('/send', { recipient: 'bob, charlie', body: 'To both' });
  expect(await copiesOf(app.pool, 'To both')).toEqual([
    'alice sent',
    'alice sent',
    'bob inbox, unread',
    'charlie requests, unread',
  ]);
});

test.each([
  ['open', 'requests'],
  ['approve', 'inbox'],
  ['invite', 'inbox'],
  ['closed', 'inbox'],
])(
  'where registering is %s, first messages go to the %s unless the operator says',
  async (REGISTRATION, box) => {
    const site = await startApp({ REGISTRATION, FIRST_CONTACT: '' }, app.databaseUrl);
    await at(site.url, alice).send('bob', `Where it is ${REGISTRATION}`);
    expect(await copiesOf(app.pool, `Where it is ${REGISTRATION}`)).toEqual([
      'alice sent',
      `bob ${box}, unread`,
    ]);
    await site.close();
  },
);

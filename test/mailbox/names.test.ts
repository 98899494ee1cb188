// Display names on pages: beside the username and isolated, wherever a person is named.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cast } from '../support/cast.ts';
import { idOf } from '../support/mailboxes.ts';
import { registered, type Answer } from '../support/person.ts';

const { app, alice, bob, charlie } = await cast();
const displayName = 'بوب <b>& "Sons"</b>';
let received: string;
let sent: string;
let trashed: string;
beforeAll(async () => {
  await bob.submit('/account/name', { displayName });
  for (const text of ['Received cake', 'Deleted cake']) await bob.send('alice', text);
  await alice.send('bob', 'Sent cake');
  await charlie.send('alice', 'From somebody without one');
  received = await idOf(app.pool, alice, 'Received cake');
  sent = await idOf(app.pool, alice, 'Sent cake');
  trashed = await idOf(app.pool, alice, 'Deleted cake');
  await alice.submit('/inbox', {}, `/messages/${trashed}/delete`);
});
afterAll(() => app.close());

/** Each display name on it, with what stands behind it. */
const namesOn = ({ $ }: Answer) =>
  $('main bdi')
    .toArray()
    .map((name) => [$(name).text(), $(name).next('.username').text()]);

test.each([
  ['/inbox', () => ''],
  ['/sent', () => ''],
  ['/trash', () => ''],
  ['/with/bob', () => ''],
  ['/conversations', () => ''],
  ['/people', () => ''],
  ['/send', () => ''],
  ['/search?q=received', () => ''],
  ['/messages/', () => received],
  ['/messages/', () => sent],
  ['/trash/', () => trashed],
])('%s', async (path, id) => {
  const page = await alice.get(path + id());
  expect(page.status).toBe(200);
  expect(namesOn(page)).toContainEqual([displayName, 'bob']);
  expect(page.text).not.toContain('<b>&');
});

test('somebody without one is named by the username, isolated too', async () => {
  expect(namesOn(await alice.get('/inbox'))).toContainEqual(['charlie', '']);
});

test('a change, and a removal, are seen in messages from before', async () => {
  await bob.submit('/account/name', { displayName: 'Robert' });
  expect(namesOn(await alice.get('/inbox'))).toContainEqual(['Robert', 'bob']);
  await bob.submit('/account/name', { displayName: '' });
  expect(namesOn(await alice.get('/inbox'))).toContainEqual(['bob', '']);
});

test('an imported name is shown whole, and a deleted account has none', async () => {
  const dora = await registered(app.url, 'dora');
  await dora.submit('/account/name', { displayName: 'Dora Gone' });
  await dora.send('alice', 'Before leaving');
  await dora.submit('/account/delete', { password: dora.password });
  await app.pool.query(
    `insert into messages (owner_id, id, box, other_id, body, sent_at, origin, other_name)
     select id, uuidv7(), 'inbox', '00000000-0000-0000-0000-000000000000', 'Old mail', now(), 'imported', 'bob Bob Smith'
     from users where username = 'alice'`,
  );
  const inbox = await alice.get('/inbox');
  expect(namesOn(inbox)).toContainEqual(['bob Bob Smith', '']);
  expect(namesOn(inbox)).toContainEqual(['deleted account', '']);
  expect(inbox.text).not.toContain('Dora Gone');
});

// Export, import, export: identical byte for byte, on any server, from either file.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findAccount } from '../../../src/accounts/queries.ts';
import { leaveNotice } from '../../../src/mailbox/notices.ts';
import { exportOf, messagesOf } from '../exports/exporting.ts';
import { awkwardTexts } from '../exports/texts.ts';
import { find } from '../../mailbox/search/found.ts';
import { startApp } from '../../support/app.ts';
import { cast } from '../../support/cast.ts';
import { deletionOf } from '../../support/inbox.ts';
import { idOf } from '../../support/mailboxes.ts';
import { registered, type Person } from '../../support/person.ts';
import { unzip, zipped } from '../../support/zip.ts';
import { imported, mailboxes } from './importing.ts';

let zip: Buffer;
let messages: Map<string, string>;
const { app: home, alice, bob } = await cast();
const elsewhere = await startApp({ PUBLIC_URL: 'https://messages.example.org' });
beforeAll(async () => {
  for (const text of awkwardTexts) await bob.send('alice', text);
  await alice.send('bob', 'An answer');
  await alice.send('alice', 'A note to myself');
  const dora = await registered(home.url, 'dora');
  await dora.send('alice', 'From somebody who leaves');
  await dora.submit('/account/delete', { password: dora.password });
  await leaveNotice(home.pool, (await findAccount(home.pool, 'alice'))!.id, 'A login from a new browser.');
  await alice.submit('/inbox', {}, deletionOf(await alice.get('/inbox'), 'Hello'));
  await alice.get(`/messages/${await idOf(home.pool, alice, '.')}`);
  zip = await exportOf(home.url, alice);
  messages = await unzip(zip);
  messages.delete('account.json');
});
afterAll(async () => {
  await home.close();
  await elsewhere.close();
});

const many = `${awkwardTexts.length + 5} messages`;

describe.each([
  ['the zip', () => zip],
  ['mailbox.mbox alone', () => messages.get('mailbox.mbox')!],
  ['messages.json alone', () => messages.get('messages.json')!],
])('%s', (how, file) => {
  test('imported by another user and exported again is identical, byte for byte', async () => {
    const person = await registered(home.url, `copy-${how.replaceAll(/\W/g, '').slice(0, 12).toLowerCase()}`);
    expect(await imported(person, file())).toBe(`Imported ${many}.`);
    expect(await messagesOf(home.url, person)).toEqual(messages);
  });

  test('imported twice changes nothing', async () => {
    const person = await registered(
      home.url,
      `twice-${how.replaceAll(/\W/g, '').slice(0, 12).toLowerCase()}`,
    );
    await imported(person, file());
    const before = await mailboxes(home.pool);
    expect(await imported(person, file())).toBe(`Nothing was imported; ${many} were here already.`);
    expect(await mailboxes(home.pool)).toBe(before);
  });

  test('imported into the original mailbox changes nothing', async () => {
    const before = await mailboxes(home.pool);
    expect(await imported(alice, file())).toBe(`Nothing was imported; ${many} were here already.`);
    expect(await mailboxes(home.pool)).toBe(before);
  });
});

describe('on another server', () => {
  let carol: Person;
  let otherBob: Person;
  beforeAll(async () => {
    // Somebody has the same name there, and is somebody else.
    otherBob = await registered(elsewhere.url, 'bob');
    carol = await registered(elsewhere.url, 'carol');
    expect(await imported(carol, zip)).toBe(`Imported ${many}.`);
  });

  test('can be exported again, byte for byte', async () => {
    expect(await messagesOf(elsewhere.url, carol)).toEqual(messages);
  });

  test('is not sent to anybody', async () => {
    const { rows } = await elsewhere.pool.query<{ username: string }>(
      'select distinct u.username from messages m join users u on u.id = m.owner_id',
    );
    expect(rows).toEqual([{ username: 'carol' }]);
    expect((await otherBob.get('/inbox')).$('.messages li')).toHaveLength(0);
  });

  test('is marked as imported in lists and pages, and can neither be answered nor taken back', async () => {
    const inbox = await carol.get('/inbox');
    const rows = inbox.$('.messages > li').toArray();
    expect(rows.length).toBeGreaterThan(5);
    for (const row of rows) expect(inbox.$('.place', row).text()).toBe('Imported');
    const names = rows.map((row) => inbox.$('h2 bdi', row).text());
    expect(new Set(names)).toEqual(new Set(['bob', 'alice', 'deleted account', 'Private Messages']));
    const link = inbox.$('.messages h2 a').attr('href')!;
    const opened = await carol.get(link);
    expect(opened.$('.when').text()).toContain('imported from a file');
    expect(opened.$('a[href^="/with/"]')).toHaveLength(0);

    const sent = await carol.get('/sent');
    expect(sent.$('[formaction$="/unsend"]')).toHaveLength(0);
    const id = await idOf(elsewhere.pool, carol, 'An answer');
    await carol.submit('/sent', {}, `/messages/${id}/delete`);
    await carol.submit(`/trash/${id}`, {}, `/trash/${id}/restore`);
    expect((await carol.get(`/messages/${id}`)).$('.text').text()).toBe('An answer');
    const forged = await carol.post(`/messages/${id}/unsend`, await carol.hidden('/sent', '/logout'));
    expect((await carol.get(`/messages/${id}`)).status).toBe(200);
    expect(forged.status).not.toBe(500);
  });

  test('is found by its text and by the name in the file', async () => {
    expect(await find(carol, 'answer to:bob')).toEqual(['An answer']);
    expect(await find(carol, 'carriage from:bob')).toHaveLength(1);
    expect(await find(carol, 'carriage from:BOB')).toHaveLength(1);
    expect(await find(carol, 'carriage from:alice')).toEqual([]);
    expect(await find(otherBob, 'answer')).toEqual([]);
  });

  test('its unread marks count, and opening a message removes its mark', async () => {
    const { rows } = await elsewhere.pool.query<{ count: number }>(
      'select count(*)::int as count from unread where not is_quiet',
    );
    expect((await carol.get('/inbox')).$('[data-count]').text()).toBe(String(rows[0]!.count));
  });
});

test('an imported copy stays when the sender takes the original back', async () => {
  await bob.send('alice', 'Better not');
  const file = await exportOf(home.url, alice);
  const id = await idOf(home.pool, alice, 'Better not');
  const sentId = await idOf(home.pool, bob, 'Better not');
  await alice.submit('/inbox', {}, `/messages/${id}/delete`);
  await alice.submit(`/trash/${id}`, {}, `/trash/${id}/delete`);
  expect(await imported(alice, file)).toContain('Imported 1 message;');
  await bob.submit('/sent', {}, `/messages/${sentId}/unsend`);
  expect(await idOf(home.pool, alice, 'Better not')).toBe(id);
});

test('unread messages in the trash count once restored, not before', async () => {
  const [gina, hugo] = [await registered(home.url, 'gina'), await registered(home.url, 'hugo')];
  await bob.send('gina', 'Thrown away unread');
  const given = await idOf(home.pool, gina, 'Thrown away unread');
  await gina.submit('/inbox', {}, `/messages/${given}/delete`);
  await imported(hugo, await exportOf(home.url, gina));
  const unread = async () => (await hugo.get('/inbox')).$('[data-count]').text();
  expect(await unread()).toBe('0');
  const id = await idOf(home.pool, hugo, 'Thrown away unread');
  await hugo.submit('/trash', {}, `/trash/${id}/restore`);
  expect(await unread()).toBe('1');
});

test('drafts are not imported, which is stated before and after', async () => {
  const erin = await registered(home.url, 'erin');
  await erin.send('bob', 'Sent');
  const form = await erin.hidden('/send');
  await erin.post('/drafts', { ...form, recipient: 'bob', body: 'Begun, not sent' });
  const file = await exportOf(home.url, erin);
  expect((await erin.get('/account/export')).$('main').text()).toMatch(/not the\s+drafts/);
  expect((await erin.get('/account/import')).text).toMatch(/Drafts in an export are not imported/);
  const frank = await registered(home.url, 'frank');
  expect(await imported(frank, file)).toBe(
    'Imported 1 message. 1 draft was not imported: its text is in account.json.',
  );
  const two = await zipped({
    ...Object.fromEntries(await unzip(file)),
    'account.json': '{"drafts": [1, 2]}',
  });
  expect(await imported(frank, two)).toMatch(
    / 2 drafts were not imported: their texts are in account.json\.$/,
  );
  for (const account of ['{"drafts": 7}', 'null', '[', 'x'.repeat(20_000_001)]) {
    const odd = await zipped({ ...Object.fromEntries(await unzip(file)), 'account.json': account });
    expect(await imported(frank, odd)).toBe('Nothing was imported; 1 message was here already.');
  }
});

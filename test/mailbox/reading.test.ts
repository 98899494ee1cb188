// Reading a message: shown in full, and marked as read only by a real visit.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { cast } from '../support/cast.ts';
import { copiesOf, fillMailbox, idOf } from '../support/mailboxes.ts';
import type { Answer } from '../support/person.ts';

const { app, alice, bob } = await cast();
beforeEach(() => app.pool.query('delete from messages'));
afterAll(() => app.close());

const title = ({ $ }: Answer) => $('title').text();
const count = ({ $ }: Answer) => {
  const shown = $('nav [data-unread]');
  return shown.attr('hidden') === undefined ? shown.text() : '';
};
const link = ({ $ }: Answer, words: string) =>
  $('main a')
    .filter((_, a) => $(a).text().trim() === words)
    .attr('href');

async function sent(body: string): Promise<string> {
  expect((await alice.send('bob', body)).status).toBe(303);
  return `/messages/${await idOf(app.pool, bob, body)}`;
}

test('a row of the inbox shows an excerpt and links to the message', async () => {
  const body = `  Long:\n\n${'many words '.repeat(800)}🦉\n the end.\n`;
  await alice.send('bob', body);
  const inbox = await bob.get('/inbox');
  expect(inbox.$('.excerpt').text().length).toBeLessThan(300);
  const page = await bob.get(inbox.$('.messages h2 a').attr('href')!);
  expect(page.$('.text').text()).toBe(body);
  expect(page.$('h1').text()).toBe('From alice');
  expect(page.$('main time').text()).toMatch(/UTC$/);
});

test('opening a message marks it as read; the page’s own count is right, and the row is not new any more', async () => {
  await sent('Other');
  const page = await sent('Opened');
  const inbox = await bob.get('/inbox');
  expect(title(inbox)).toMatch(/^\(2\) Inbox/);
  expect(count(inbox)).toBe('2 unread');
  expect(inbox.$('.messages > li.unread .new').text()).toBe('New: New: ');

  const opened = await bob.get(page);
  expect(title(opened)).toMatch(/^\(1\) From alice/);
  expect(count(opened)).toBe('1 unread');
  const again = await bob.get('/inbox');
  expect(title(again)).toMatch(/^\(1\) Inbox/);
  expect(again.$('li.unread .excerpt').text()).toBe('Other');
  expect(again.$('.new')).toHaveLength(1);
  expect(await copiesOf(app.pool, 'Opened')).toEqual(['alice sent', 'bob inbox']);
});

test.each([
  ['a browser that loads it ahead', { 'Sec-Purpose': 'prefetch' }],
  ['one that draws it ahead', { 'Sec-Purpose': 'prefetch;prerender' }],
  ['an older one that loads it ahead', { Purpose: 'prefetch' }],
])('%s does not mark it as read', async (_, headers) => {
  const page = await sent('Not seen');
  const answer = await bob.ask('get', page, headers);
  expect(answer.status).toBe(200);
  expect(count(answer)).toBe('1 unread');
  expect(await copiesOf(app.pool, 'Not seen')).toEqual(['alice sent', 'bob inbox, unread']);
});

test('HEAD does not mark it as read', async () => {
  const page = await sent('Not seen');
  expect((await bob.ask('head', page)).status).toBe(200);
  expect(await copiesOf(app.pool, 'Not seen')).toEqual(['alice sent', 'bob inbox, unread']);
});

test('the sender’s opening of their own copy changes nothing for the recipient', async () => {
  await sent('Mine');
  const page = await alice.get(`/messages/${await idOf(app.pool, alice, 'Mine')}`);
  expect(page.$('h1').text()).toBe('To bob');
  expect(page.$('.text').text()).toBe('Mine');
  expect(await copiesOf(app.pool, 'Mine')).toEqual(['alice sent', 'bob inbox, unread']);
});

test('the page offers reply, delete and mark as unread; a sent message offers write again and take back', async () => {
  const { $ } = await bob.get(await sent('Buttons'));
  const links = $('[data-actions] a').toArray().map((each) => $(each).text()); // prettier-ignore
  expect(links).toEqual(['Reply', 'Reply with quote', 'Forward', 'All with alice', 'Report']);
  expect($('[data-actions] a').attr('href')).toBe('#body');
  const words = (page: Answer) =>
    page
      .$('[data-actions] button')
      .toArray()
      .map((button) => page.$(button).text());
  expect(words(await bob.get(await sent('More buttons')))).toEqual(['Delete', 'Mark unread', 'Block alice']);
  const own = await alice.get(`/messages/${await idOf(app.pool, alice, 'Buttons')}`);
  expect(words(own)).toEqual(['Delete', 'Take back']);
});

test('Older and Newer lead through the message’s box, without trash and the other box', async () => {
  for (const body of ['One', 'Two', 'Three']) await sent(body);
  await bob.send('alice', 'Between');
  const four = await sent('Four');
  const two = await idOf(app.pool, bob, 'Two');
  await bob.submit('/inbox', {}, `/messages/${two}/delete`);

  const seen: string[] = [];
  for (let next: string | undefined = four; next;) {
    const page: Answer = await bob.get(next);
    seen.push(page.$('.text').text());
    next = link(page, 'Older');
  }
  expect(seen).toEqual(['Four', 'Three', 'One']);
  const oldest = await bob.get(`/messages/${await idOf(app.pool, bob, 'One')}`);
  expect(link(oldest, 'Newer')).toBe(`/messages/${await idOf(app.pool, bob, 'Three')}`);
  const own = await bob.get(`/messages/${await idOf(app.pool, bob, 'Between')}`);
  expect([link(own, 'Older'), link(own, 'Newer')]).toEqual([undefined, undefined]);
});

describe('the unread count', () => {
  test.each([
    [0, 'Inbox – Private Messages', ''],
    [1, '(1) Inbox – Private Messages', '1 unread'],
    [99, '(99) Inbox – Private Messages', '99 unread'],
    [100, '(99+) Inbox – Private Messages', '99+ unread'],
    [1200, '(99+) Inbox – Private Messages', '99+ unread'],
  ])('%d is in the title and the navigation', async (unread, inTitle, inNavigation) => {
    await fillMailbox(app.pool, bob, alice, unread, { isUnread: true });
    const page = await bob.get('/inbox');
    expect([title(page), count(page)]).toEqual([inTitle, inNavigation]);
    expect(count(await bob.get('/drafts'))).toBe(inNavigation);
  });

  test('leaves out the trash and sent messages', async () => {
    await sent('Kept');
    await bob.send('alice', 'Sent');
    const gone = await sent('Gone');
    await bob.submit('/inbox', {}, `${gone}/delete`);
    expect(count(await bob.get('/inbox'))).toBe('1 unread');
  });
});

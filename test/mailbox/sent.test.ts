// Sent messages: one's own copies, in pages.
import { afterAll, beforeEach, expect, test } from 'vitest';
import { cast } from '../support/cast.ts';
import { withoutTokens } from '../support/forms.ts';
import { deletionOf, messagesOn } from '../support/inbox.ts';
import { copiesOf, fillMailbox } from '../support/mailboxes.ts';

const { app, alice, bob, charlie } = await cast();
beforeEach(() => app.pool.query('delete from messages'));
afterAll(() => app.close());

test('holds sent messages only, newest first', async () => {
  await alice.send('bob', 'To Bob');
  await bob.send('alice', 'From Bob');
  await alice.send('charlie', 'To Charlie');
  expect(messagesOn(await alice.get('/sent'))).toEqual([
    { sender: 'To charlie', body: 'To Charlie' },
    { sender: 'To bob', body: 'To Bob' },
  ]);
  expect(messagesOn(await charlie.get('/sent'))).toEqual([]);
});

test('sixty are on three pages, each once, linked in both directions', async () => {
  await fillMailbox(app.pool, alice, bob, 60, { box: 'sent' });
  const seen: string[] = [];
  let last = '';
  for (let next: string | undefined = '/sent'; next;) {
    const page = await alice.get(next);
    seen.push(...messagesOn(page).map(({ body }) => body));
    last = next;
    next = page.$('a[rel=next]').attr('href');
  }
  expect(seen).toEqual(Array.from({ length: 60 }, (_, i) => `Number ${60 - i}`));
  const newer = (await alice.get(last)).$('a[rel=prev]').attr('href')!;
  expect(messagesOn(await alice.get(newer))[0]!.body).toBe('Number 35');
});

test('Delete on a row moves one’s own copy to the trash and returns to that page', async () => {
  await alice.send('bob', 'Regretted');
  const page = '/sent?before=ffffffff-ffff-ffff-ffff-ffffffffffff';
  const answer = await alice.submit(page, {}, deletionOf(await alice.get(page), 'Regretted'));
  expect([answer.status, answer.headers.location]).toEqual([303, page]);
  const back = await alice.get(page);
  expect(back.$('[role=status]').first().text()).toBe('Deleted your copy; bob keeps theirs.');
  expect(await copiesOf(app.pool, 'Regretted')).toEqual(['alice sent in the trash', 'bob inbox, unread']);
  expect(back.$('form[action="/trash/undo"] input[name=from]').attr('value')).toBe(page);
});

test('does not reveal whether the recipient has opened a message', async () => {
  await alice.send('bob', 'Watched');
  await alice.get('/inbox'); // which says that it was sent
  const before = withoutTokens((await alice.get('/sent')).text);
  const { $ } = await bob.get('/inbox');
  await bob.get($('.messages h2 a').attr('href')!);
  expect(withoutTokens((await alice.get('/sent')).text)).toBe(before);
});

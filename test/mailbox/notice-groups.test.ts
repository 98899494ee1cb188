// Notices of one kind that follow each other are one row with a count.
import { afterAll, beforeEach, expect, test } from 'vitest';
import { leaveNotice } from '../../src/mailbox/notices.ts';
import { asSystem } from '../../src/database/owner.ts';
import { filledIn } from '../support/forms.ts';
import { cast } from '../support/cast.ts';
import type { Answer } from '../support/person.ts';

const { app, alice, bob } = await cast();
beforeEach(() => app.pool.query('delete from messages'));
afterAll(() => app.close());

const login = 'Somebody logged in to your account with ';
const guess = 'Somebody tried to log in to your account with wrong passwords, until ';

async function notices(...texts: string[]): Promise<void> {
  const { rows } = await app.pool.query<{ id: string }>("select id from users where username = 'bob'");
  for (const text of texts) await asSystem(() => leaveNotice(app.pool, rows[0]!.id, text));
}
const rows = ({ $ }: Answer) =>
  $('.messages > li')
    .toArray()
    .map((row) => {
      const count = $(row).find('.from .count').clone().find('.away').remove().end().text();
      return [$(row).find('.excerpt').text(), count || '1'];
    });

test('neighbors of the same kind only, and never messages of people', async () => {
  await notices(`${login}Firefox`, `${login}Chrome`);
  await alice.send('bob', `${login}pleasure`);
  await alice.send('bob', `${login}pleasure`);
  await notices(`${login}Safari`, `${guess}noon`, `${guess}one`, `${guess}two`);
  expect(rows(await bob.get('/inbox'))).toEqual([
    [`${guess}two`, '3'],
    [`${login}Safari`, '1'],
    [`${login}pleasure`, '1'],
    [`${login}pleasure`, '1'],
    [`${login}Chrome`, '2'],
  ]);
});

test('the row is new while one of them is, and opens the latest', async () => {
  await notices(`${login}Firefox`, `${login}Chrome`);
  const { $ } = await bob.get('/inbox');
  expect($('.messages > li.unread')).toHaveLength(1);
  const opened = await bob.get($('.messages h2 a').attr('href')!);
  expect(opened.$('.text').text()).toBe(`${login}Chrome`);
  expect((await bob.get('/inbox')).$('.messages > li.unread')).toHaveLength(1);
  expect(opened.$('[rel=next]').attr('href')).toMatch(/^\/messages\//); // the other one
  await bob.get(opened.$('[rel=next]').attr('href')!);
  expect((await bob.get('/inbox')).$('.messages > li.unread')).toHaveLength(0);
});

test('Delete and the checkbox stand for all of them', async () => {
  await notices(`${login}Firefox`, `${login}Chrome`, `${login}Safari`);
  await alice.send('bob', 'Stays');
  const page = await bob.get('/inbox');
  const row = page.$('.messages > li').last();
  const action = row.find('button').attr('formaction')!;
  const only = row.find('button[name=only]').attr('value')!;
  const hidden = await bob.hidden('/inbox', action);
  expect((await bob.post(action, { ...hidden, only })).status).toBe(303);
  const deleted = await bob.get('/inbox');
  expect(rows(deleted)).toEqual([['Stays', '1']]);

  await bob.post('/trash/undo', filledIn(deleted, '/trash/undo'));
  expect(rows(await bob.get('/inbox'))).toHaveLength(2);
  const ids = page.$('.messages > li').last().find('[name=ids]').attr('value')!;
  await bob.post('/messages/selected', { ...(await bob.hidden('/inbox', action)), action: 'read', ids });
  const inbox = await bob.get('/inbox');
  expect(inbox.$('[role=status]').first().text()).toBe('3 messages marked as read.');
});

// Notices: messages from the program, which cannot be answered.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findAccount } from '../../../src/accounts/queries.ts';
import { leaveNotice } from '../../../src/mailbox/notices.ts';
import { cast } from '../../support/cast.ts';

const { app, alice } = await cast();
beforeAll(async () => {
  await leaveNotice(app.pool, (await findAccount(app.pool, 'alice'))!.id, 'A login from a new browser.');
});
afterAll(() => app.close());

test('a notice arrives unread in the inbox, from the program', async () => {
  const { $ } = await alice.get('/inbox');
  expect($('.messages li h2 bdi').text()).toBe('Private Messages');
  expect($('.messages li').hasClass('unread')).toBe(true);
  expect($('[data-count]').text()).toBe('1');
});

test('a notice can be opened, deleted and restored, but not answered', async () => {
  const link = (await alice.get('/inbox')).$('.messages h2 a').attr('href')!;
  const opened = await alice.get(link);
  expect(opened.$('h1').text()).toBe('From Private Messages');
  expect(opened.$('.actions a').text()).toBe('Forward');
  const deleted = await alice.submit(link, {}, `${link}/delete`);
  expect(deleted.status).toBe(303);
  expect((await alice.get('/inbox')).$('[role=status]').text()).toBe('Deleted your copy.');
  const inTrash = (await alice.get('/trash')).$('.messages h2 a').attr('href')!;
  expect((await alice.get(inTrash)).$('h1 bdi').text()).toBe('Private Messages');
});

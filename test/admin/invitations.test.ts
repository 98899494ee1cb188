// Administrators make invitations, see how many are unused, and withdraw any of them.
import { afterAll, beforeEach, expect, test } from 'vitest';
import { listActs } from '../../src/admin/act-log.ts';
import { findFirstLink } from '../../src/accounts/invitations/first-administrator.ts';
import { createEncryption } from '../../src/secrets/encryption.ts';
import { makeAdmin } from '../support/admin.ts';
import { cast } from '../support/cast.ts';
import { messagesOn } from '../support/inbox.ts';
import { stranger, type Person } from '../support/person.ts';

const { app, reset } = await cast({ REGISTRATION: 'invite', MEMBERS_INVITE: '40' });
let alice: Person;
let bob: Person;
afterAll(() => app.close());
beforeEach(async () => {
  ({ alice, bob } = await reset());
  await app.pool.query('delete from invitations');
  await makeAdmin(app, alice);
});

const home = '/admin/invitations';
const titleOf = async () => (await alice.get(home)).$('#unused').text();
const lastAct = async () => (await listActs(app.pool)).at(-1)!;

test('one works for one person, for so many days', async () => {
  const answer = await alice.submit(home, { days: ' 3 ' });
  expect(answer.headers.location).toBe(home);
  const page = await alice.get(home);
  const link = new URL(page.$('#link').attr('value')!);
  expect((await alice.get(home)).$('#link')).toHaveLength(0);
  expect(await titleOf()).toBe('One unused invitation');
  const { rows } = await app.pool.query<{ hours: number }>(
    `select round(extract(epoch from expires_at - now()) / 3600)::int as hours from invitations`,
  );
  expect(rows).toEqual([{ hours: 72 }]);
  expect(await lastAct()).toMatchObject({ command: 'invite', options: ['--days=3'], by: 'alice' });
  const guest = stranger(app.url, 'newcomer-1');
  const path = link.pathname + link.search;
  expect((await guest.submit(path, { username: 'newcomer-1', password: guest.password })).status).toBe(303);
  expect(await titleOf()).toBe('No unused invitations');
});

test.each(['', '0', '366', '-1', '1.5', 'x', '1e2', '１'])('not for "%s" days', async (days) => {
  const answer = await alice.submit(home, { days });
  expect([answer.status, answer.$('#days-error').text()]).toEqual([
    422,
    'Please enter a number from 1 to 365.',
  ]);
  expect(answer.$('#days').attr('value')).toBe(days);
  expect(await titleOf()).toBe('No unused invitations');
});

test('those of members are listed and withdrawn too, and the member finds a notice', async () => {
  await bob.submit('/account/invitations');
  const invitation = (await bob.get('/account/invitations')).$('#link').attr('value')!;
  const { $ } = await alice.get(home);
  expect($('.rows li').text()).toContain('from bob');
  await alice.submit(home, {}, $('form[action$="/withdraw"]').attr('action'));
  expect(await titleOf()).toBe('No unused invitations');
  const { pathname, search } = new URL(invitation);
  expect((await stranger(app.url).get(pathname + search)).status).toBe(403);
  expect(messagesOn(await bob.get('/inbox')).map(({ body }) => body)).toEqual([
    'An administrator withdrew an invitation of yours.',
  ]);
  expect(await lastAct()).toMatchObject({ command: 'invite withdraw', by: 'alice', username: 'bob' });
});

test('one that was withdrawn does not exist any more', async () => {
  await alice.submit(home, { days: '3' });
  const action = (await alice.get(home)).$('form[action$="/withdraw"]').attr('action')!;
  const token = await alice.hidden('/sent', '/logout');
  expect((await alice.post(action, token)).status).toBe(303);
  expect((await alice.post(action, token)).status).toBe(404);
});

test('goes on page by page; that of the first administrator is none of them', async () => {
  await app.pool.query('update users set admin_since = null');
  await findFirstLink(app.appPool, createEncryption(Buffer.alloc(32)));
  await makeAdmin(app, alice);
  for (let count = 0; count < 30; count += 1) await bob.submit('/account/invitations');
  const first = await alice.get(home);
  expect(first.$('#unused').text()).toBe('30 unused invitations');
  expect(first.$('.rows li')).toHaveLength(25);
  const next = await alice.get(first.$('[rel=next]').attr('href')!);
  expect([next.$('.rows li').length, next.$('[rel=next]').length]).toEqual([5, 0]);
  expect((await alice.get(`${home}?before=x`)).status).toBe(400);
});

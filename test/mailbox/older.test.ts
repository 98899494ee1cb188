// “Delete everything older than…”: counted first, moved to the trash, restored by one Undo.
import { afterAll, beforeEach, expect, test } from 'vitest';
import { cast } from '../support/cast.ts';
import { messagesOn } from '../support/inbox.ts';
import { fillMailbox, tokenOf } from '../support/mailboxes.ts';
import type { Answer } from '../support/person.ts';

const { app, alice, bob } = await cast();
beforeEach(() => app.pool.query('delete from messages'));
afterAll(() => app.close());

const line = ({ $ }: Answer) => $('[role=status]').first().text();
const bodies = (page: Answer) => messagesOn(page).map(({ body }) => body);

test.each(['inbox', 'sent'] as const)(
  'in %s the page shows how many messages are older and moves exactly those to the trash',
  async (box) => {
    const other = box === 'inbox' ? 'sent' : 'inbox';
    await fillMailbox(app.pool, bob, alice, 30, { box, from: '2025-03-01', isUnread: box === 'inbox' });
    await fillMailbox(app.pool, bob, alice, 4, { box, from: '2025-03-02' });
    await fillMailbox(app.pool, bob, alice, 2, { box: other, from: '2025-02-01' });
    const question = await bob.get(`/${box}/older?than=2025-03-02`);
    expect(question.$('.lead').text()).toContain('30 messages');
    expect((await app.pool.query('select from messages where trashed_at is not null')).rowCount).toBe(0);

    const answer = await bob.submit(`/${box}/older?than=2025-03-02`, {}, `/${box}/older`);
    expect([answer.status, answer.headers.location]).toEqual([303, `/${box}`]);
    const page = await bob.get(`/${box}`);
    expect(line(page)).toBe('30 messages moved to the trash.');
    expect(bodies(page)).toHaveLength(4);
    expect(page.$('title').text()).not.toMatch(/^\(/);

    const at = page.$('form[action="/trash/undo"] input[name=at]').attr('value')!;
    await bob.post('/trash/undo', { ...(await tokenOf(bob)), at });
    expect(line(await bob.get(`/${box}`))).toBe('30 messages restored.');
    expect(bodies(await bob.get(`/${other}`))).toHaveLength(2);
    expect((await app.pool.query('select from unread where not is_quiet')).rowCount).toBe(
      box === 'inbox' ? 30 : 0,
    );
  },
);

test('the page distinguishes one message and none', async () => {
  await fillMailbox(app.pool, bob, alice, 1, { from: '2025-03-01' });
  expect((await bob.get('/inbox/older?than=2025-03-02')).$('.lead').text()).toContain('One message');
  const none = await bob.get('/inbox/older?than=2025-03-01');
  expect(none.$('[role=status]').first().text()).toContain('Nothing in your inbox is older than that');
  expect(none.$('form[method=post][action="/inbox/older"]')).toHaveLength(0);
});

test('other users’ messages are neither counted nor moved', async () => {
  await fillMailbox(app.pool, alice, bob, 3, { from: '2025-03-01' });
  const question = await bob.get('/inbox/older?than=2026-01-01');
  expect(line(question)).toContain('Nothing in your inbox');
  await bob.post('/inbox/older', { ...(await tokenOf(bob)), than: '2026-01-01' });
  expect(bodies(await alice.get('/inbox'))).toHaveLength(3);
});

// An announcement reaches each member once: whoever sends it how often, and whatever is locked meanwhile.
import { afterAll, describe, expect, test } from 'vitest';
import { announce, deliver } from '../../../src/admin/announcements/announce.ts';
import { transaction } from '../../../src/database/transaction.ts';
import { runOperator } from '../../operator/command.ts';
import { startApp } from '../../support/app.ts';
import { cast } from '../../support/cast.ts';
import { messagesOn } from '../../support/inbox.ts';
import { registered } from '../../support/person.ts';
import { addMembers, copiesOf, oneEach } from './crowd.ts';

const { app, alice } = await cast({ MAILBOX_MESSAGES: '100' });
await addMembers(app.pool, 297);
const second = await startApp({}, app.databaseUrl);
afterAll(() => Promise.all([app.close(), second.close()]));
const operator = (args: string[], typed?: string) =>
  runOperator({ DATABASE_URL: app.databaseUrl }, ['announce', ...args], typed);
const announced = async (body: string) => {
  const { id } = await announce(app.appPool, undefined, body);
  await deliver(app.appPool, id, () => {});
};

test('two that press Send at the same moment, and three processes that deliver, send it once', async () => {
  const made = await Promise.all([app, second].map(({ appPool }) => announce(appPool, undefined, 'At once')));
  expect(new Set(made.map(({ id }) => id)).size).toBe(1);
  expect(made.filter(({ isNew }) => isNew)).toHaveLength(1);
  const pools = [app.appPool, second.appPool, app.appPool];
  await Promise.all(pools.map((pool) => deliver(pool, made[0]!.id, () => {})));
  expect(await copiesOf(app.pool, 'At once')).toEqual(oneEach(300));
});

test('the same text is sent again after a day only', async () => {
  await announced('Training at seven');
  await announced('Training at seven');
  expect(await copiesOf(app.pool, 'Training at seven')).toEqual(oneEach(300));
  await app.pool.query(`update announcements set made_at = made_at - interval '25 hours'`);
  await announced('Training at seven');
  expect((await copiesOf(app.pool, 'Training at seven'))[0]!.copies).toBe(2);
});

test('members who register after it do not get it, even when it is resumed', async () => {
  const { id } = await announce(app.appPool, undefined, 'Before you came');
  const dora = await registered(app.url, 'dora');
  await deliver(app.appPool, id, () => {});
  expect(messagesOn(await dora.get('/inbox'))).toEqual([]);
  await dora.submit('/account/delete', { password: dora.password });
});

test('disabled members, and those with a full mailbox, get it', async () => {
  await app.pool.query(`update users set disabled_at = now() where username = 'member-1'`);
  await app.pool.query(
    `insert into messages (owner_id, id, box, other_id, body, sent_at)
     select id, uuidv7(), 'inbox', id, 'Fill', now() from users, generate_series(1, 100) where username = 'member-2'`,
  );
  await app.pool.query(
    `update mailbox_usage set messages = messages + 100, bytes = bytes + 400
     where owner_id = (select id from users where username = 'member-2')`,
  );
  await announced('For all');
  expect(await copiesOf(app.pool, 'For all')).toEqual(oneEach(300));
});

test('a mailbox that is locked for long holds up neither senders nor those before it', async () => {
  const { rows } = await app.pool.query<{ id: string }>('select id from users order by id');
  const [locked, later] = [rows[150]!.id, rows[250]!.id];
  const { id } = await announce(app.appPool, undefined, 'Around a lock');
  let delivery: Promise<void> | undefined;
  await transaction(app.pool, async (db) => {
    await db.query('set local idle_in_transaction_session_timeout = 0');
    await db.query('select from mailbox_usage where owner_id = $1 for update', [locked]);
    delivery = deliver(second.appPool, id, () => {});
    await expect.poll(async () => (await copiesOf(app.pool, 'Around a lock')).at(-1)?.members).toBe(150);
    await app.pool.query('select from mailbox_usage where owner_id = $1 for update nowait', [later]);
  });
  await delivery;
  expect(await copiesOf(app.pool, 'Around a lock')).toEqual(oneEach(300));
});

test('is unread, from the site, and cannot be answered', async () => {
  await announced('A <b>word</b> to all\n\nof you');
  await announced('Another one');
  const inbox = await alice.get('/inbox');
  expect(messagesOn(inbox)[0]).toEqual({ sender: 'Private Messages', body: 'Another one' });
  const rows = inbox.$('.messages > li').slice(0, 2);
  expect(rows.find('.place').text()).toBe('AnnouncementAnnouncement'); // each in a row of its own
  const { $ } = await alice.get(rows.eq(1).find('h2 a').attr('href')!);
  expect($('h1').text()).toBe('Announcement from Private Messages');
  expect($('title').text()).toContain('Announcement from Private Messages');
  expect($('.text').text()).toBe('A <b>word</b> to all\n\nof you');
  expect($('.message .actions a').text()).toBe('Forward');
  expect($('form.answer')).toHaveLength(0);
});

describe('the command', () => {
  test('asks with the number of members, and sends', async () => {
    const no = await operator(['Asked first'], 'no\n');
    expect([no.code, no.err]).toEqual([
      1,
      expect.stringMatching(/^This goes to 300 members\..*Nothing was sent\.\n$/),
    ]);
    expect(await copiesOf(app.pool, 'Asked first')).toMatchObject([{ copies: 0 }]);
    expect(await operator(['Asked first'], 'yes\n')).toMatchObject({
      code: 0,
      out: 'Sent to 300 members.\n',
    });
    expect(await copiesOf(app.pool, 'Asked first')).toEqual(oneEach(300));
  });

  test('reads the text from standard input, and says if it was sent before', async () => {
    const text = 'From a file\r\nwith two lines';
    expect(await operator(['-', '--yes'], text)).toEqual({ code: 0, out: 'Sent to 300 members.\n', err: '' });
    expect(await copiesOf(app.pool, 'From a file\nwith two lines')).toEqual(oneEach(300));
    const { err, out } = await operator(['-', '--yes', '--json'], text);
    expect([err, (JSON.parse(out) as { isNew: boolean }).isNew]).toEqual(['', false]);
    expect((await operator(['-', '--yes'], text)).err).toContain('nobody got it twice');
    expect((await operator(['-'], text)).err).toContain('needs --yes');
  });

  test.each([
    [' ', 'Please write a message.'],
    ['x'.repeat(10_001), 'at most 10,000 characters'],
  ])('refuses what is no message', async (text, words) => {
    const { code, err } = await operator([text, '--yes']);
    expect([code, err]).toEqual([2, expect.stringContaining(words)]);
  });
});

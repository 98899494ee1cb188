// The quota in bytes: messages from others never block one's own sending, and strangers get a share only.
import { readFileSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../src/ids.ts';
import { maxUnanswered } from '../../src/mailbox/quota.ts';
import { bytesInWords } from '../../src/in-words.ts';
import { imported, refusalOf } from '../transfers/imports/importing.ts';
import { cast } from '../support/cast.ts';
import { copiesOf, fillMailbox, tokenOf } from '../support/mailboxes.ts';
import type { Answer, Fields, Person } from '../support/person.ts';
import { projectFolder } from '../support/program.ts';

const limits = { messages: 3000, bytes: 10_000_000 };
const unanswered = maxUnanswered(limits);
/** As many bytes as a message can have. */
const longest = '🦉'.repeat(10_000);
const { app, alice, bob, charlie } = await cast({
  MAILBOX_MESSAGES: String(limits.messages),
  MAILBOX_BYTES: String(limits.bytes),
});
beforeEach(async () => {
  await app.pool.query('delete from messages');
  await app.pool.query('delete from drafts');
  await app.pool.query('delete from mailbox_usage');
});
afterAll(() => app.close());

/** 995 messages of 10,000 bytes: there is room for 50,000 more. Not counted yet. */
async function fillBytes(owner: Person, box: 'inbox' | 'sent'): Promise<void> {
  await fillMailbox(app.pool, owner, charlie, 995, { box });
  // In ten steps, each well within the time of a statement.
  for (let digit = 0; digit < 10; digit += 1) {
    await app.pool.query(
      `update messages set body = repeat('x', 10000)
       where owner_id = (select id from users where username = $1) and body like $2`,
      [owner.username, `Number %${digit}`],
    );
  }
}

async function longAgo(): Promise<void> {
  await app.pool.query(`update mailbox_usage set counted_at = now() - interval '2 minutes'`);
}

const usage = async (person: Person) => (await person.get('/account')).$('[data-usage]').text();
const error = ({ $ }: Answer) => $('[role=alert], .error').text();

function expectRefused(answer: Answer, words: string, body: string): void {
  expect([answer.status, error(answer)]).toEqual([422, expect.stringContaining(words)]);
  expect(answer.$('textarea[name=body]').text()).toBe(body);
}

const saveDraft = async (person: Person, fields: Fields) =>
  person.post('/drafts', { ...(await person.hidden('/send')), recipient: '', ...fields });

describe('a mailbox that has reached its limit in bytes', () => {
  test('accepts nothing, has warned its owner, and still lets its owner write', async () => {
    await fillBytes(bob, 'inbox');
    expect((await alice.send('bob', longest)).status).toBe(303); // counted now, and the owner is warned
    expect((await bob.get('/inbox')).$('.messages').text()).toContain(
      'Your mailbox is nearly full: it holds 995',
    );
    expectRefused(await alice.send('bob', longest), 'bob’s mailbox is full', longest);
    expect(await copiesOf(app.pool, longest)).toHaveLength(2);
    expect((await bob.send('alice', 'I still can')).status).toBe(303);
    expect((await saveDraft(bob, { body: longest })).status).toBe(303);
    expect(await usage(bob)).toMatch(
      /^It holds 99[78] of 3,000 messages and 10 MB of 10 MB, including trash and drafts/,
    );
  });

  test('by sent messages refuses the next message and draft until there is room', async () => {
    await fillBytes(alice, 'sent');
    expect((await alice.send('bob', longest)).status).toBe(303);
    expectRefused(await alice.send('bob', longest), 'Your mailbox is full', longest);
    expectRefused(await saveDraft(alice, { body: longest }), 'Your mailbox is full', longest);
    const json = { Accept: 'application/json', 'Content-Type': 'application/x-www-form-urlencoded' };
    const form = { ...(await alice.hidden('/send')), recipient: '', body: longest };
    const byItself = await alice.ask('post', '/drafts', json, new URLSearchParams(form).toString());
    expect([byItself.status, byItself.body]).toEqual([
      422,
      {
        isSaved: false,
        line: expect.stringContaining('Not saved, your text is only on this page: Your mailbox'),
      },
    ]);

    await app.pool.query(`delete from messages where body = repeat('x', 10000)`);
    await longAgo();
    expect((await saveDraft(alice, { body: longest })).status).toBe(303);
    expect((await alice.send('bob', longest)).status).toBe(303);
  });

  test('by long drafts does too; a draft can still be shortened', async () => {
    await fillBytes(bob, 'inbox');
    await alice.send('bob', 'Counted from now on');
    const form = { ...(await bob.hidden('/send')), recipient: '', body: longest };
    expect((await bob.post('/drafts', form)).status).toBe(303);
    expectRefused(await alice.send('bob', longest), 'bob’s mailbox is full', longest);
    await app.pool.query('update mailbox_usage set sent_bytes = $1', [limits.bytes]);
    const shorter = { ...form, body: longest.slice(2), saves: '1' };
    expect((await bob.post('/drafts', shorter)).status).toBe(303);
    const { rows } = await app.pool.query<{ body: string }>('select body from drafts');
    expect(rows).toEqual([{ body: longest.slice(2) }]);
  });

  test('refuses an import larger than the room left', async () => {
    await fillBytes(bob, 'inbox');
    const lines = Array.from({ length: 6 }, (_, n) => {
      const sentAt = new Date(Date.UTC(2026, 0, 1, 0, 0, n));
      const other = { box: 'inbox', with: 'x', notice: false, unread: false, trashedAt: null };
      return JSON.stringify({ id: newId(sentAt), ...other, sentAt, body: 'y'.repeat(10_000) });
    });
    const file = (count: number) => `[\n${lines.slice(0, count).join(',\n')}\n]\n`;
    expect(await refusalOf(bob, file(6))).toContain('has room for 50 kB more');
    expect(await copiesOf(app.pool, 'y'.repeat(10_000))).toEqual([]);
    expect(await imported(bob, file(5))).toContain('5 messages');
    expect(await copiesOf(app.pool, 'y'.repeat(10_000))).toHaveLength(5);
  });
});

test('the account page shows the usage, also after the trash was emptied', async () => {
  await alice.send('alice', 'ä');
  await saveDraft(alice, { body: 'Draft' });
  await longAgo();
  expect(await usage(alice)).toContain('It holds 2 of 3,000 messages and 9 bytes of 10 MB');
  const link = (await alice.get('/inbox')).$('.messages h2 a').attr('href')!;
  await alice.submit(link, {}, `${link}/delete`);
  await longAgo();
  expect(await usage(alice)).toContain('It holds 2 of');
  await alice.post('/trash/empty', await tokenOf(alice));
  await longAgo();
  expect(await usage(alice)).toContain('It holds 1 of 3,000 messages and 7 bytes of 10 MB');
});

test('sizes are readable', () => {
  expect([0, 1, 999, 1000, 12_345, 999_999, 3_400_000, 1_000_000_000].map(bytesInWords)).toEqual([
    '0 bytes', '1 byte', '999 bytes', '1 kB', '12.3 kB', '1,000 kB', '3.4 MB', '1 GB',
  ]); // prettier-ignore
});

test('the migration counts what every mailbox holds', async () => {
  for (const person of [alice, bob]) await person.send('bob, alice', 'äö');
  const sizes = async () => {
    const { rows } = await app.pool.query(
      'select owner_id, messages, bytes, sent, sent_bytes from mailbox_usage order by owner_id',
    );
    return rows as object[];
  };
  await alice.send('bob, alice', 'Once more');
  const counted = await sizes();
  await app.pool.query(
    'update mailbox_usage set messages = null, bytes = null, sent = null, sent_bytes = null',
  );
  const sql = readFileSync(`${projectFolder}migrations/0021_quota.sql`, 'utf8');
  const [update] = /^update[^;]*;/m.exec(sql)!;
  await app.pool.query(update.replaceAll('mailbox_sizes', 'mailbox_usage')); // since migration 0025
  expect(await sizes()).toEqual(counted);
  expect(counted).toHaveLength(2);
});

describe('a sender without an answer', () => {
  async function sendMany(count: number): Promise<void> {
    for (let i = 0; i < count; i += 1) expect((await bob.send('alice', `Number ${i}`)).status).toBe(303);
  }

  test('may fill a share of a mailbox, until its owner answers', async () => {
    await fillMailbox(app.pool, alice, charlie, unanswered + 1);
    await sendMany(unanswered);
    const refused = await bob.send('charlie, alice', 'One more');
    expectRefused(refused, 'alice’s mailbox accepts no more from you until alice answers', 'One more');
    expect(error(refused)).not.toContain('charlie');
    expect(await copiesOf(app.pool, 'One more')).toEqual([]);
    expect((await bob.send('bob', 'To himself')).status).toBe(303);
    expect((await charlie.send('alice', 'From another')).status).toBe(422); // as many of his are there
    expect((await bob.send('charlie', 'To another')).status).toBe(303);

    expect((await alice.send('bob', 'Hello!')).status).toBe(303);
    expect((await bob.send('alice', 'One more')).status).toBe(303);
  });

  test('has room again when their messages are deleted', async () => {
    await fillMailbox(app.pool, alice, charlie, unanswered + 1);
    await sendMany(unanswered);
    await app.pool.query(`update messages set trashed_at = now() where body = 'Number 0' and box = 'inbox'`);
    expect((await bob.send('alice', 'One more')).status).toBe(303);
    expect((await bob.send('alice', 'And one more')).status).toBe(422);
  });

  test('may fill a hundredth, at most a twentieth of the bytes, and always something', () => {
    expect(maxUnanswered({ messages: 100_000, bytes: 1_000_000_000 })).toBe(1000);
    expect(maxUnanswered({ messages: 1_000_000, bytes: 1_000_000_000 })).toBe(1250);
    expect(maxUnanswered({ messages: 100, bytes: 1_000_000_000 })).toBe(20);
  });
});

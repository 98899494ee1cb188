// The limit of messages per mailbox: a full one refuses messages, keeping their text; nothing is dropped.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { transaction } from '../../src/database/transaction.ts';
import { countBeyond, forgetWarnings } from '../../src/mailbox/quota.ts';
import { leaveNotice } from '../../src/mailbox/notices.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { cast } from '../support/cast.ts';
import { awkwardText, filledIn, press } from '../support/forms.ts';
import { patient, untilWaiting, watchDeadlocks } from '../support/locks.ts';
import { copiesOf, fillMailbox, tokenOf } from '../support/mailboxes.ts';
import { at, registered, type Answer, type Fields, type Person } from '../support/person.ts';

const limit = 150;
const limits = { messages: limit, bytes: 10_000_000 };
const settings = { MAILBOX_MESSAGES: String(limit), MAILBOX_BYTES: String(limits.bytes) };
const { log, deadlocks } = watchDeadlocks();
const { app, alice, bob, charlie } = await cast(settings, { address: patient, log });
const other = await startApp(settings, app.databaseUrl, log);
const dora = await registered(app.url, 'dora');
beforeEach(async () => {
  await app.pool.query('delete from messages');
  await app.pool.query('delete from mailbox_usage');
  await app.pool.query('delete from sent_forms');
  await app.pool.query('delete from rate_limits');
});
afterAll(async () => {
  await other.close();
  await app.close();
});

async function idOfPerson({ username }: Person): Promise<string> {
  const { rows } = await app.pool.query<{ id: string }>('select id from users where username = $1', [
    username,
  ]);
  return rows[0]!.id;
}

async function held(person: Person): Promise<number> {
  const { rows } = await app.pool.query<{ n: number }>(
    'select count(*)::int as n from messages where owner_id = $1',
    [await idOfPerson(person)],
  );
  return rows[0]!.n;
}

/** Mailboxes that hold so many messages, and whose owners know that they are filling up. */
async function fill(person: Person, count: number, box: 'inbox' | 'sent' = 'inbox'): Promise<void> {
  await fillMailbox(app.pool, person, charlie, count, { box });
  await app.pool.query(
    `insert into mailbox_usage (owner_id, messages, bytes, sent, sent_bytes, warned_at)
     select $1, $2, sum(octet_length(body)), count(*) filter (where box = 'sent'),
            coalesce(sum(octet_length(body)) filter (where box = 'sent'), 0), now()
     from messages where owner_id = $1
     on conflict (owner_id) do update
     set messages = excluded.messages, bytes = excluded.bytes, sent = excluded.sent, sent_bytes = excluded.sent_bytes,
         warned_at = excluded.warned_at`,
    [await idOfPerson(person), count],
  );
}

const blank = async (person: Person, fields: Fields): Promise<Fields> => ({
  ...(await person.hidden('/send')),
  ...fields,
});

function expectRefused(answer: Answer, words: string, where = '#recipient-error'): void {
  expect(answer.status).toBe(422);
  expect(answer.$(where).text()).toContain(words);
  expect(answer.$('textarea[name=body]').text()).toBe(awkwardText);
}

test('a full mailbox refuses messages, keeping every character, until its owner makes room', async () => {
  await fill(bob, limit);
  const refused = await alice.send('bob', awkwardText);
  expectRefused(refused, 'bob’s mailbox is full');
  expect(refused.$('input[name=recipient]').attr('value')).toBe('bob');
  expect(await copiesOf(app.pool, awkwardText)).toEqual([]);

  // In the trash it still takes its place.
  const link = (await bob.get('/inbox')).$('.messages h2 a').attr('href')!;
  await bob.submit(link, {}, `${link}/delete`);
  expectRefused(await alice.post('/send', filledIn(refused, '/send')), 'bob’s mailbox is full');

  await bob.post('/trash/empty', await tokenOf(bob));
  expect((await alice.post('/send', filledIn(refused, '/send'))).status).toBe(303);
  expect(await copiesOf(app.pool, awkwardText)).toEqual(['alice sent', 'bob inbox, unread']);
  expect(await held(bob)).toBe(limit);
});

test('messages from others do not prevent the owner from sending', async () => {
  await fill(bob, limit);
  for (let i = 0; i < 3; i += 1) expect((await bob.send('alice', `Number ${i}`)).status).toBe(303);
  expect(await held(bob)).toBe(limit + 3);
  expectRefused(await alice.send('bob', awkwardText), 'bob’s mailbox is full');
});

test('taking a message back makes room too', async () => {
  await fill(bob, limit - 1);
  await alice.send('bob', 'The last one');
  expectRefused(await dora.send('bob', awkwardText), 'full');
  const link = (await alice.get('/sent')).$('.messages h2 a').attr('href')!;
  expect((await alice.submit(link, {}, `${link}/unsend`)).status).toBe(303);
  expect((await dora.send('bob', awkwardText)).status).toBe(303);
});

test('one’s own full mailbox is reported with a cure', async () => {
  await fill(alice, limit, 'sent');
  const refused = await alice.send('bob', awkwardText);
  expectRefused(refused, 'Your mailbox is full', '#form-error');
  expect(refused.$('#form-error').text()).toContain('empty the trash');
  expect(refused.$('#recipient-error')).toHaveLength(0);
  expect(await held(bob)).toBe(0);
});

test('nothing is sent if one of several mailboxes is full, and the full ones are named', async () => {
  await fill(bob, limit);
  await fill(dora, limit);
  const refused = await alice.send('bob, charlie, dora', awkwardText);
  expectRefused(refused, 'The mailboxes of bob and dora are full');
  expect(refused.$('#recipient-error').text()).not.toContain('charlie');
  expect(await copiesOf(app.pool, awkwardText)).toEqual([]);
  await fill(alice, limit, 'sent');
  const both = await alice.send('bob, alice', awkwardText);
  expectRefused(both, 'bob’s mailbox is full');
  expectRefused(both, 'Your mailbox is full', '#form-error');
});

test('a message to several counts once per recipient among sent messages; a note to oneself counts twice', async () => {
  await fill(alice, limit - 2, 'sent');
  expectRefused(await alice.send('bob, charlie, dora', awkwardText), 'Your mailbox is full', '#form-error');
  expectRefused(await alice.send('bob, alice', awkwardText), 'Your mailbox is full', '#form-error');
  expect((await alice.send('alice', 'A note')).status).toBe(303);
  expect(await held(alice)).toBe(limit);
});

test('a mailbox from before the limit is counted at the first message', async () => {
  await fillMailbox(app.pool, bob, charlie, limit + 20);
  expectRefused(await alice.send('bob', awkwardText), 'bob’s mailbox is full');
  await fillMailbox(app.pool, dora, charlie, limit - 1, { from: '2024-01-01' });
  expect((await alice.send('dora', 'Fits')).status).toBe(303);
  expect(await held(dora)).toBe(limit + 1); // with the notice, which does not count
});

describe('if it was sent already,', () => {
  test('a form is answered as sent although the mailbox is full now', async () => {
    await fill(bob, limit - 1);
    const form = await blank(alice, { recipient: 'bob', body: 'The last one' });
    for (let i = 0; i < 3; i += 1) expect((await alice.post('/send', form)).status).toBe(303);
    expect(await held(bob)).toBe(limit);
    expectRefused(await alice.send('bob', awkwardText), 'full');
  });

  test('a form sent fifty times concurrently into the last place is one message', async () => {
    await fill(bob, limit - 1);
    const form = await blank(alice, { recipient: 'bob', body: 'The last one' });
    const windows = [alice, at(other.url, alice)];
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => press(windows[i % 2]!, '/send', form)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([303]));
    expect(deadlocks()).toBe(0);
    expect(await held(bob)).toBe(limit);
    expect(await held(alice)).toBe(1);
  });
});

describe('concurrently, over two processes:', () => {
  test('of fifty messages into a mailbox with room for ten, forty are refused with their text', async () => {
    await fill(bob, limit - 10);
    const forms = await Promise.all(Array.from({ length: 50 }, () => blank(alice, { recipient: 'bob' })));
    const windows = [alice, at(other.url, alice)];
    const answers = await Promise.all(
      forms.map((form, i) => press(windows[i % 2]!, '/send', { ...form, body: `${awkwardText}${i}` })),
    );
    expect(deadlocks()).toBe(0);
    const sent = answers.filter(({ status }) => status === 303);
    expect(sent).toHaveLength(10);
    for (const [i, answer] of answers.entries()) {
      if (answer.status === 303) continue;
      expect(answer.status).toBe(422);
      expect(answer.$('textarea[name=body]').text()).toBe(`${awkwardText}${i}`);
    }
    expect(await held(bob)).toBe(limit);
    expect(await held(alice)).toBe(10);
  });

  test.each(['one', 'the other'])(
    'two users who write to each other, %s first, do not deadlock',
    async (who) => {
      for (const person of [alice, bob]) await person.send(person.username, 'Counted from now on');
      const { rows } = await app.pool.query<{ owner_id: string }>(
        'select owner_id from mailbox_usage order by owner_id',
      );
      const aliceIsFirst = rows[0]!.owner_id === (await idOfPerson(alice));
      const [first, second] = aliceIsFirst ? [alice, bob] : [bob, alice];
      const messages: [Person, Fields][] = [
        [first, await blank(first, { recipient: second.username, body: 'Hello' })],
        [second, await blank(second, { recipient: first.username, body: 'Hello' })],
      ];
      if (who === 'the other') messages.reverse();
      // Holding one lock while waiting for the other would deadlock.
      const holder = await app.pool.connect();
      await holder.query('begin');
      await holder.query('select from mailbox_usage where owner_id = $1 for update', [rows[0]!.owner_id]);
      // One at each process, which writes its own messages one after the other.
      const answers: Promise<Answer>[] = [];
      for (const [index, [person, form]] of messages.entries()) {
        answers.push(at([app.url, other.url][index]!, person).post('/send', form));
        await untilWaiting(app.pool, answers.length);
      }
      await holder.query('rollback');
      holder.release();
      expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([303, 303]);
    },
  );

  test('messages to the same users in any order neither deadlock nor miscount', async () => {
    const orders = ['dora, bob, charlie', 'alice, charlie, dora', 'dora, alice, bob', 'charlie, bob, alice'];
    const people = [alice, bob, charlie, dora];
    for (const person of people) await person.send(person.username, 'Counted from now on');
    const rounds = Array.from({ length: 60 }, (_, i) => i);
    await app.pool.query('update mailbox_usage set warned_at = now()'); // so that none is counted again
    const forms = await Promise.all(
      rounds.map((i) => blank(people[i % 4]!, { recipient: orders[i % 4]!, body: `Round ${i}` })),
    );
    const answers = await Promise.all(
      rounds.map((i) => press(at(i % 2 ? app.url : other.url, people[i % 4]!), '/send', forms[i]!)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([303]));
    expect(deadlocks()).toBe(0);
    const { rows } = await app.pool.query<{ messages: number; held: number }>(
      `select messages, (select count(*)::int from messages m where m.owner_id = s.owner_id) as held
        from mailbox_usage s`,
    );
    expect(rows).toHaveLength(4);
    for (const row of rows) expect(row.messages).toBe(row.held);
  });

  test('two imports never exceed the limit', async () => {
    const ownerId = await idOfPerson(dora);
    await fillMailbox(app.pool, dora, charlie, 80);
    const load = (pool: TestApp['pool']) =>
      transaction(pool, async (db) => {
        await db.query(
          `insert into messages (owner_id, id, box, other_id, body, sent_at)
           select $1, gen_random_uuid(), 'inbox', $1, 'Imported', now() from generate_series(1, 50)`,
          [ownerId],
        );
        const beyond = await countBeyond(db, ownerId, limits);
        if (beyond.messages > 0) throw new Error(`${beyond.messages} too many`);
      });
    const both = await Promise.allSettled([load(app.pool), load(other.pool)]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    await expect(load(app.pool)).rejects.toThrow('30 too many');
    expect(await held(dora)).toBe(130);
  });
});

describe('the notice about a nearly full mailbox', () => {
  const notices = async (person: Person): Promise<string[]> => {
    const { rows } = await app.pool.query<{ body: string }>(
      `select body from messages where owner_id = $1 and origin = 'notice'`,
      [await idOfPerson(person)],
    );
    return rows.map(({ body }) => body);
  };

  test('arrives at nine tenths, once, and again only after the mailbox was emptied', async () => {
    await fillMailbox(app.pool, bob, charlie, 134);
    await alice.send('bob', 'Number 135');
    expect(await notices(bob)).toEqual([]);
    for (let i = 0; i < 3; i += 1) await alice.send('bob', 'One more');
    expect(await notices(bob)).toEqual([expect.stringContaining('it holds 135 of 150 messages')]);
    expect((await bob.get('/inbox')).$('.messages').text()).toContain('Your mailbox is nearly full');
    expect(await notices(alice)).toEqual([]);

    // Still nearly full: the cleanup job finds nothing to forget.
    await forgetWarnings(app.pool, limits);
    await alice.send('bob', 'One more');
    expect(await notices(bob)).toHaveLength(1);

    await app.pool.query(
      `delete from messages where owner_id = $1 and box = 'inbox' and body like 'One more'`,
      [await idOfPerson(bob)],
    );
    await app.pool.query(`delete from messages where owner_id = $1 and origin = 'notice'`, [
      await idOfPerson(bob),
    ]);
    await forgetWarnings(app.pool, limits);
    await alice.send('bob', 'One more');
    expect(await notices(bob)).toHaveLength(1);
  });

  test('arrives for sent messages too', async () => {
    await fillMailbox(app.pool, alice, charlie, 135, { box: 'sent' });
    await alice.send('bob', 'One more');
    expect(await notices(alice)).toHaveLength(1);
    expect(await notices(bob)).toEqual([]);
  });

  test('fits into a full mailbox, like every notice, and counts', async () => {
    await fill(bob, limit - 1);
    const ownerId = await idOfPerson(bob);
    for (const words of ['One', 'Two']) await leaveNotice(app.pool, ownerId, words);
    expect(await held(bob)).toBe(limit + 1);
    expectRefused(await alice.send('bob', awkwardText), 'full');
  });
});

test('repeated messages to a full mailbox are rate-limited like sending', async () => {
  const strict = await startApp({ ...settings, SENDS_PER_MINUTE: '3' }, app.databaseUrl);
  try {
    const writer = at(strict.url, alice);
    await fill(bob, limit);
    for (let i = 0; i < 3; i += 1) expectRefused(await writer.send('bob', awkwardText), 'full');
    const refused = await writer.send('bob', awkwardText);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(refused.$('textarea[name=body]').text()).toBe(awkwardText);
    expect((await writer.send('dora', 'Somebody else')).status).toBe(429); // her mailbox has not been counted yet
    await dora.send('dora', 'Now it has');
    expect((await writer.send('dora', 'Somebody else')).status).toBe(303);
  } finally {
    await strict.close();
  }
});

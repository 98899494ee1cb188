// Taking back against reading: either it was read or it is gone, never both or neither.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { cast } from '../support/cast.ts';
import { findUntrueConversations } from '../support/conversations.ts';
import { copiesOf, idOf, tokenOf } from '../support/mailboxes.ts';
import { at, type Answer, type Fields } from '../support/person.ts';

const rounds = 200;
const { app, alice, ...others } = await cast();
const other = await startApp({}, app.databaseUrl);
const bob = at(other.url, others.bob);
const [alices, bobs] = await Promise.all([tokenOf(alice), tokenOf(bob)]);
const form: Fields = { ...(await alice.hidden('/send')), recipient: 'bob' };
beforeEach(() => app.pool.query('delete from messages; delete from conversations'));
afterAll(async () => {
  await other.close();
  await app.close();
});

let sentSoFar = 0;

interface Round {
  body: string;
  /** Alice's and bob's copies. */
  sent: string;
  received: string;
  takeBack(): Promise<Answer>;
}

/** Sends a message for each round and lets the two meet: now the one, now the other begins a moment earlier. */
async function race(
  count: number,
  meet: (round: Round) => Promise<Answer>,
  check: (round: Round, answers: [Answer, Answer]) => Promise<void>,
) {
  const one = async (i: number): Promise<void> => {
    const body = `Round ${(sentSoFar += 1)}`;
    expect((await alice.post('/send', { ...form, body })).status).toBe(303);
    const [sent, received] = await Promise.all([idOf(app.pool, alice, body), idOf(app.pool, bob, body)]);
    const takeBack = () => alice.post(`/messages/${sent}/unsend`, alices);
    const round = { body, sent, received, takeBack };
    const after = async (ms: number, work: () => Promise<Answer>) => {
      if (ms > 0) await sleep(ms);
      return work();
    };
    const lead = (i % 9) - 4;
    await check(round, await Promise.all([after(-lead, () => meet(round)), after(lead, takeBack)]));
  };
  // A few at a time, so that they also meet each other's.
  for (let i = 0; i < count; i += 4) await Promise.all([0, 1, 2, 3].map((n) => one(i + n)));
  expect(await findUntrueConversations(app.pool)).toEqual([]);
}

const none: string[] = [];

test(`${rounds} rounds against opening: a shown message stays, and an unshown one is gone`, async () => {
  const seen = { read: 0, gone: 0 };
  await race(
    rounds,
    ({ received }) => bob.get(`/messages/${received}`),
    async ({ body, sent, received }, [opened, back]) => {
      expect(back.status).toBe(303);
      if (opened.status === 200) {
        seen.read += 1;
        expect(opened.$('.text').text()).toBe(body);
        expect(await copiesOf(app.pool, body)).toEqual(['alice sent', 'bob inbox']);
        expect((await alice.get(`/messages/${sent}`)).status).toBe(200);
      } else {
        seen.gone += 1;
        expect(opened.status).toBe(404);
        expect(opened.text).not.toContain(body);
        expect(await copiesOf(app.pool, body)).toEqual(none);
        expect((await bob.get(`/messages/${received}`)).status).toBe(404);
      }
    },
  );
  expect(seen.read + seen.gone).toBe(rounds);
  expect(Math.min(seen.read, seen.gone)).toBeGreaterThan(0);
});

test('60 rounds against the conversation, which shows several messages', async () => {
  await race(
    60,
    () => bob.get('/with/alice'),
    async ({ body }, [conversation, back]) => {
      expect([conversation.status, back.status]).toEqual([200, 303]);
      const isShown = conversation
        .$('.text')
        .toArray()
        .some((line) => conversation.$(line).text() === body);
      // Another round's look at the conversation may have read it in place of this one.
      const copies = await copiesOf(app.pool, body);
      if (isShown) expect(copies).toEqual(['alice sent', 'bob inbox']);
      else expect([none, ['alice sent', 'bob inbox']]).toContainEqual(copies);
    },
  );
});

const post = (path: string, fields: Fields = {}) => bob.post(path, { ...bobs, ...fields });
const moves: [string, (round: Round) => Promise<Answer>, kept: string[][]][] = [
  [
    'deleting',
    ({ received }) => post(`/messages/${received}/delete`),
    [none, ['alice sent', 'bob inbox in the trash, unread']],
  ],
  [
    'marking as read',
    ({ received }) => post('/messages/selected', { action: 'read', ids: received }),
    [none, ['alice sent', 'bob inbox']],
  ],
  [
    'marking as unread',
    ({ received }) => post(`/messages/${received}/unread`),
    [none, ['alice sent', 'bob inbox, unread']],
  ],
  [
    'marking all as read',
    ({ received }) => post('/messages/read', { upTo: received }),
    [none, ['alice sent', 'bob inbox']],
  ],
  [
    'deleting all that is old',
    () => post('/inbox/older', { than: '2999-01-01' }),
    [none, ['alice sent', 'bob inbox in the trash, unread']],
  ],
  [
    'deleting and opening it in the trash',
    async ({ received }) => {
      await post(`/messages/${received}/delete`);
      return bob.get(`/trash/${received}`);
    },
    [none, ['alice sent', 'bob inbox in the trash']],
  ],
  [
    'deleting it permanently',
    async ({ received }) => {
      await post(`/messages/${received}/delete`);
      return post(`/trash/${received}/delete`);
    },
    [none, ['alice sent']],
  ],
];
test.each(moves)('24 rounds against %s: no deadlock, nothing half done', async (_, meet, kept) => {
  await race(24, meet, async ({ body }, answers) => {
    for (const { status } of answers) expect([200, 303, 404]).toContain(status);
    expect(kept).toContainEqual(await copiesOf(app.pool, body));
  });
});

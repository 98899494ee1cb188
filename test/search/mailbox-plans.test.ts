// What every page asks, in a mailbox of 100,000 messages: ranges of indexes that begin with the owner, and no sort.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digestOf, newFormKey } from '../../src/compose/letter-form.ts';
import { sendWhereRoom } from '../../src/compose/queries.ts';
import { listConversation } from '../../src/conversations/queries.ts';
import type { Database, Pool } from '../../src/database/pool.ts';
import { highestId, lowestId, newId } from '../../src/ids.ts';
import { readMailboxState } from '../../src/live/queries.ts';
import { bringAlong } from '../../src/mailbox/along.ts';
import { findMessage, listBoxAfter, listBoxBefore } from '../../src/mailbox/queries.ts';
import { findTrashed, listTrashAfter, listTrashBefore } from '../../src/trash/queries.ts';
import { insertSession, newSessionId, sessionKey, type Along } from '../../src/web/session-queries.ts';
import { SessionStore } from '../../src/web/session-store.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { plansOf, type Plan } from '../support/explained.ts';
import { fillCrowd, owner, personId } from './crowd.ts';

let app: TestApp;
let middle: string;
let trashed: string;
const session = newSessionId(owner);
const times: string[] = [];
beforeAll(async () => {
  app = await startApp();
  await fillCrowd(app.databaseUrl, { isSearched: false });
  const pick = async (condition: string): Promise<string> => {
    const { rows } = await app.pool.query<{ id: string }>(
      `select id from messages where owner_id = $1 and ${condition} order by id offset 2000 limit 1`,
      [owner],
    );
    return rows[0]!.id;
  };
  middle = await pick(`box = 'inbox' and trashed_at is null`);
  trashed = await pick('trashed_at is not null');
  await app.pool.query('insert into mailbox_sizes (owner_id, messages) select id, 100000 from users');
  const now = Date.now();
  await insertSession(app.pool, session, { startedAt: now, seenAt: now } as never);
}, 120_000);
afterAll(async () => {
  console.log(`Milliseconds in the database:\n${times.join('\n')}`);
  await app.close();
});

function readSession(db: Database, along?: Along): Promise<unknown> {
  const store = new SessionStore(db as Pool, () => {});
  return new Promise((resolve, reject) => {
    store.bringAlong(along, () =>
      store.get(session, (error, found) => (found ? resolve(found) : reject(error))),
    );
    store.close();
  });
}

function send(db: Database): Promise<unknown> {
  const letter = { recipient: ['bob'], body: 'Hello', key: newFormKey() };
  return sendWhereRoom(
    db,
    {
      from: owner,
      to: ['bob'],
      body: 'Hello',
      digest: digestOf(letter),
      sentAt: new Date(),
      draftId: newId(),
    },
    { perMinute: 30, perMailbox: 200_000 },
  );
}

const bob = personId(1);
const [, sid] = sessionKey(session);
const lists: [string, (db: Database) => Promise<unknown>][] = [
  ['the inbox', (db) => listBoxBefore(db, owner, 'inbox', highestId)],
  ['an older page of it', (db) => listBoxBefore(db, owner, 'inbox', middle)],
  ['a newer page of it', (db) => listBoxAfter(db, owner, 'inbox', middle)],
  ['what was sent', (db) => listBoxBefore(db, owner, 'sent', highestId)],
  ['the conversation with one person', (db) => listConversation(db, owner, bob, highestId, 26)],
  ['an older page of the conversation', (db) => listConversation(db, owner, bob, middle, 26)],
  ['the conversation with a stranger', (db) => listConversation(db, owner, personId(30), highestId, 26)],
  [
    'the inbox that comes along with the session',
    (db) => readSession(db, bringAlong({ path: '/inbox', query: {} })),
  ],
  [
    'a message that comes along with the session',
    (db) => readSession(db, bringAlong({ path: `/messages/${middle}`, query: {} })),
  ],
  ['the trash', (db) => listTrashBefore(db, owner, highestId, 26)],
  ['a newer page of the trash', (db) => listTrashAfter(db, owner, lowestId, 26)],
];
const others: [string, (db: Database) => Promise<unknown>][] = [
  ['a message with its neighbours', (db) => findMessage(db, owner, middle)],
  ['a message in the trash', (db) => findTrashed(db, owner, trashed)],
  ['the session with the count of unread messages', (db) => readSession(db)],
  ['the news for an open page', (db) => readMailboxState(db, owner, sid, middle)],
  ['sending, with the count of what was sent in the last minute', send],
];

describe.each(['force_custom_plan', 'force_generic_plan'] as const)('%s:', (mode) => {
  async function plansFor(name: string, ask: (db: Database) => Promise<unknown>): Promise<Plan[]> {
    const plans = await plansOf(app.pool, ask, mode);
    expect(plans.length).toBeGreaterThan(0);
    for (const { ms } of plans) times.push(`${ms.toFixed(1).padStart(7)}  ${name} (${mode})`);
    return plans;
  }

  test.each(lists)('%s is a range of an index, read as it lies', async (name, ask) => {
    const plans = await plansFor(name, ask);
    expectOwnersRanges(plans);
    expect(kindsOf(plans)).not.toContain('Sort');
    expect(kindsOf(plans)).not.toContain('Bitmap Heap Scan');
    const messages = plans[0]!.steps.find(({ table }) => table === 'messages');
    expect(messages!.rows).toBeLessThanOrEqual(26);
  });

  test.each(others)('%s reads few rows by indexes', async (name, ask) => {
    const plans = await plansFor(name, ask);
    expectOwnersRanges(plans);
    for (const { rows } of plans.flatMap((plan) => plan.steps)) expect(rows).toBeLessThanOrEqual(100);
  });
});

/** Whatever reads a person's rows begins with the owner; people and sessions are few here, and read as they lie. */
function expectOwnersRanges(plans: Plan[]): void {
  const own = /^(messages|unread|sent_forms|drafts|mailbox_sizes)/;
  const reads = plans
    .flatMap((plan) => plan.steps)
    .filter(({ kind, table, index }) => /Scan/.test(kind) && own.test(index ?? table ?? ''));
  expect(reads.length).toBeGreaterThan(0);
  for (const { kind, index, condition } of reads) {
    expect(kind, index).not.toBe('Seq Scan');
    expect(condition, index).toContain('owner_id = ');
  }
}

function kindsOf(plans: Plan[]): string[] {
  return plans.flatMap((plan) => plan.steps).map(({ kind }) => kind);
}

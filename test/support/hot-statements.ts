// Every statement of the pages and forms of signed-in users, sent by the product's own functions.
import {
  acceptPeople,
  blockPerson,
  listBlockedAfter,
  listBlockedBefore,
  unblockPerson,
} from '../../src/mailbox/contacts/queries.ts';
import { countHeld, listAsking, moveBlocked } from '../../src/mailbox/trays/queries.ts';
import { findAccount } from '../../src/accounts/queries.ts';
import { digestOf, newFormKey } from '../../src/mailbox/compose/message-form.ts';
import type { Sending } from '../../src/mailbox/compose/queries.ts';
import { isUnanswered } from '../../src/mailbox/compose/recipients.ts';
import { sendMessage } from '../../src/mailbox/compose/send-message.ts';
import { findNewPeople } from '../../src/mailbox/contacts/new-people.ts';
import { unsendMessage } from '../../src/mailbox/compose/unsend.ts';
import {
  listConversation,
  listConversationsAfter,
  listConversationsBefore,
} from '../../src/mailbox/conversations/queries.ts';
import { asOwner } from '../../src/database/owner.ts';
import type { Database, Pool } from '../../src/database/pool.ts';
import { discardDraft, findDraft, listDrafts, saveDraft } from '../../src/mailbox/drafts/queries.ts';
import { highestId, lowestId, lowestIdAt, newId } from '../../src/ids.ts';
import { readMailboxState } from '../../src/mailbox/live/queries.ts';
import {
  countOlder,
  findMessage,
  listBoxAfter,
  listBoxBefore,
  listInboxBefore,
} from '../../src/mailbox/queries.ts';
import { markAllRead, markRead, markUnread, openMessage } from '../../src/mailbox/unread.ts';
import { findContacts, listContactsAfter, listContactsBefore } from '../../src/mailbox/people/queries.ts';
import {
  countOwnReports,
  findReportable,
  listOwnReportsAfter,
  listOwnReportsBefore,
} from '../../src/mailbox/reports/queries.ts';
import { searchAfter, searchBefore } from '../../src/mailbox/search/queries.ts';
import { readSearch } from '../../src/mailbox/search/search-words.ts';
import {
  deletePermanently,
  emptyTrash,
  restoreMessages,
  trashMessages,
  trashOlder,
} from '../../src/mailbox/trash/queries.ts';
import { findTrashed, listTrashAfter, listTrashBefore } from '../../src/mailbox/trash/trashed-messages.ts';
import { findSession } from '../../src/sessions/finding-sessions.ts';
import {
  deleteSession,
  insertSession,
  newSessionId,
  sessionKey,
  updateSession,
} from '../../src/sessions/queries.ts';
import { owner, personId, word } from './crowd.ts';
import type { Reading } from './plans.ts';

export interface HotStatement {
  name: string;
  ask: (db: Database) => Promise<unknown>;
  reading: Reading;
}

const started = { startedAt: Date.now(), seenAt: Date.now() } as never;
const now = new Date();

/** What alice asks in the mailbox that fillCrowd made: in the middle of it, where there is one. */
export async function hotStatements(pool: Pool): Promise<HotStatement[]> {
  const middle = await pick(pool, `box = 'inbox' and trashed_at is null`);
  const trashed = await pick(pool, 'trashed_at is not null');
  const sent = await pick(pool, `box = 'sent' and trashed_at is null`);
  const unread = await pick(pool, `id in (select id from unread where not is_quiet)`);
  const moment = await momentOf(pool, trashed);
  const session = newSessionId(owner);
  const [, sid] = sessionKey(session);
  await insertSession(pool, session, started);
  const [request, blocked] = await fillTrays(pool);
  const lists: Asked[] = [
    ['the inbox', (db) => listInboxBefore(db, owner, highestId)],
    ['the inbox, an older page', (db) => listInboxBefore(db, owner, middle)],
    ['the inbox, a newer page', (db) => listBoxAfter(db, owner, 'inbox', middle)],
    ['what was sent', (db) => listBoxBefore(db, owner, 'sent', highestId)],
    ['what was sent, a newer page', (db) => listBoxAfter(db, owner, 'sent', middle)],
    ['a conversation', (db) => listConversation(db, owner, 'bob', highestId, 26)],
    ['a conversation, an older page', (db) => listConversation(db, owner, 'bob', middle, 26)],
    ['a conversation with a stranger', (db) => listConversation(db, owner, 'person-30', highestId, 26)],
    ['contacts', (db) => listContactsBefore(db, owner, highestId, 26)],
    ['contacts, a newer page', (db) => listContactsAfter(db, owner, middle, 26)],
    ['the conversations', (db) => listConversationsBefore(db, owner, highestId)],
    ['the conversations, an older page', (db) => listConversationsBefore(db, owner, middle)],
    ['the conversations, a newer page', (db) => listConversationsAfter(db, owner, middle)],
    ['one’s reports', (db) => listOwnReportsBefore(db, owner, highestId, 26)],
    ['one’s reports, a newer page', (db) => listOwnReportsAfter(db, owner, lowestId, 26)],
    ['requests', (db) => listBoxBefore(db, owner, 'requests', highestId)],
    ['requests, a newer page', (db) => listBoxAfter(db, owner, 'requests', lowestId)],
    ['blocked messages', (db) => listBoxBefore(db, owner, 'blocked', highestId)],
    ['blocked people', (db) => listBlockedBefore(db, owner, highestId)],
    ['blocked people, a newer page', (db) => listBlockedAfter(db, owner, lowestId)],
    ['the trash', (db) => listTrashBefore(db, owner, highestId, 26)],
    ['the trash, a newer page', (db) => listTrashAfter(db, owner, lowestId, 26)],
  ];
  const others: Asked[] = [
    ['the session', (db) => findSession(db, session)],
    ['the session, renewed', (db) => updateSession(db, session, started)],
    ['logging in', (db) => findAccount(db, 'alice')],
    ['a new session', (db) => insertSession(poolOf(db), newSessionId(owner), started)],
    ['logging out', (db) => deleteSession(db, session)],
    ['a message', (db) => findMessage(db, owner, middle)],
    [
      'a message, opened',
      async (db) => openMessage(db, owner, await findMessage(db, owner, unread), findMessage),
    ],
    ['a message in the trash', (db) => findTrashed(db, owner, trashed)],
    ['a message to report', (db) => findReportable(db, owner, middle)],
    ['marking as read', (db) => markRead(db, owner, [middle, unread])],
    ['marking as unread', (db) => markUnread(db, owner, [middle])],
    ['sending', (db) => sendMessage(poolOf(db), manyAllowed, message())],
    ['sending, unanswered', (db) => isUnanswered(db, owner, personId(30), 50)],
    ['a request', (db) => listAsking(db, owner, [request])],
    ['what is held', (db) => countHeld(db, owner, personId(140))],
    ['deleting a request', (db) => trashMessages(poolOf(db), owner, [request], now)],
    ['accepting', (db) => acceptPeople(poolOf(db), owner, [personId(140)])],
    ['blocking', (db) => blockPerson(poolOf(db), owner, personId(141))],
    ['unblocking', (db) => unblockPerson(db, owner, personId(31))],
    ['moving to the inbox', (db) => moveBlocked(db, owner, [blocked])],
    ['sending, to somebody new', (db) => sendMessage(poolOf(db), manyAllowed, message('person-30'))],
    [
      'how many new people are left',
      (db) => findNewPeople(db, owner, { perDay: 20, at: now, otherIds: [personId(1), personId(30)] }),
    ],
    ['taking back', (db) => unsendMessage(poolOf(db), owner, sent)],
    ['news for an open page', (db) => readMailboxState(db, owner, sid, middle)],
    ['a draft', (db) => findDraft(db, owner, middle)],
    ['the drafts', (db) => listDrafts(db, owner)],
    ['saving a draft', (db) => saveDraft(db, owner, { id: newId(), recipient: '', body: '' })],
    ['discarding a draft', (db) => discardDraft(db, owner, middle)],
    ['deleting', (db) => trashMessages(poolOf(db), owner, [middle], now)],
    ['restoring', (db) => restoreMessages(db, owner, { ids: [trashed] })],
    ['undoing', (db) => restoreMessages(db, owner, { trashedAt: moment, limit: 100 })],
    ['deleting permanently', (db) => deletePermanently(db, owner, [trashed])],
    ['emptying the trash', (db) => emptyTrash(db, owner, 100)],
    [
      'deleting what is older',
      (db) => trashOlder(poolOf(db), owner, { box: 'inbox', before: middle }, now, 100),
    ],
  ];
  const matching: Asked[] = [
    ['counting what is older', (db) => countOlder(db, owner, 'inbox', lowestIdAt(new Date('2024-11-03')))],
    ['finding contacts', (db) => findContacts(db, owner, ['person'], 1, 5)],
    ['how much was reported', (db) => countOwnReports(db, owner, lowestId)],
    ['marking all as read', (db) => markAllRead(db, owner, unread)],
  ];
  const searches: Asked[] = [
    ['searching, a common word', search(word(1))],
    ['searching, a rarer word', search(word(100))],
    ['searching, a rare word', search(word(15_000))],
    ['searching, a phrase', search(`"${word(45)} ${word(46)}"`)],
    ['searching, without a word', search(`-${word(1)}`)],
    ['searching, unread', search('is:unread')],
    ['searching, a newer page', (db) => searchAfter(db, owner, readSearch(word(100))!, lowestId, 26)],
  ];
  const asked = { list: lists, 'few rows': others, 'what matches': matching, search: searches };
  return Object.entries(asked).flatMap(([reading, all]) =>
    all.map(([name, ask]) => ({
      name,
      ask: (db: Database) => asOwner(owner, () => ask(db)),
      reading: reading as Reading,
    })),
  );
}

/** Of persons 21 to 80, each asks twice, and each is blocked with a message; returns one message of both kinds. */
async function fillTrays(pool: Pool): Promise<[request: string, blocked: string]> {
  const boxes = ['requests', 'held', 'blocked'] as const;
  const ids = { requests: '', held: '', blocked: '' };
  for (let person = 21; person <= 80; person += 1)
    for (const box of boxes) {
      ids[box] = newId();
      await pool.query(
        `insert into messages (owner_id, id, box, other_id, body, sent_at) values ($1, $2, $3, $4, 'Hello', now())`,
        [owner, ids[box], box, personId(box === 'blocked' ? person : person + 100)],
      );
    }
  await pool.query(
    `insert into contacts (owner_id, other_id, blocked_at)
     select owner_id, other_id, now() from messages where owner_id = $1 and box = 'blocked' on conflict do nothing`,
    [owner],
  );
  return [ids.requests, ids.blocked];
}

type Asked = [name: string, ask: (db: Database) => Promise<unknown>];

/** A message of alice's with others before and after it. */
async function pick(pool: Pool, condition: string): Promise<string> {
  const { rows } = await pool.query<{ id: string }>(
    `with own as (select id from messages where owner_id = $1 and ${condition} order by id limit 4000)
     select id from own order by id offset (select count(*) / 2 from own) limit 1`,
    [owner],
  );
  return rows[0]!.id;
}

async function momentOf(pool: Pool, id: string): Promise<Date> {
  const { rows } = await pool.query<{ at: Date }>(
    'select trashed_at as at from messages where owner_id = $1 and id = $2',
    [owner, id],
  );
  return rows[0]!.at;
}

function search(words: string): (db: Database) => Promise<unknown> {
  return (db) => searchBefore(db, owner, readSearch(words)!, highestId, 26);
}

const manyAllowed = {
  perMinute: 1_000_000,
  newPeoplePerDay: 1_000_000,
  mailbox: { messages: 100_000_000, bytes: 1e12 },
  firstContact: 'inbox' as const,
};

function message(recipient = 'bob'): Sending {
  const digest = digestOf({ recipient: [recipient], body: 'Hello', key: newFormKey() });
  return { from: owner, to: [recipient], body: 'Hello', digest, sentAt: now, draftId: newId() };
}

/** For functions that begin a transaction of their own: within the one that is taken back. */
function poolOf(db: Database): Pool {
  const query = async (text: string, values?: unknown[]) =>
    /^(begin|commit)$/.test(text) ? { rows: [] } : db.query(text, values);
  return { connect: async () => ({ query, on() {}, off() {}, release() {} }) } as unknown as Pool;
}

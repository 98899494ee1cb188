// Sends a message: a transaction that writes all copies or none, exactly once for each form.
import { asSystem } from '../../database/owner.ts';
import type { Database, Pool } from '../../database/pool.ts';
import { settleInOrder, transaction } from '../../database/transaction.ts';
import { newId } from '../../ids.ts';
import type { FirstContact } from '../contacts/first-contact.ts';
import { checkNewPeople, type TooManyNew } from '../contacts/new-people.ts';
import { releaseRequests } from '../trays/queries.ts';
import { checkQuota, maxUnanswered, warnOwners, type Adding, type QuotaCheck } from '../quota.ts';
import type { Quota } from '../usage.ts';
import {
  discardSentDraft,
  insertReceivedCopy,
  insertSentCopies,
  lockRequest,
  type Pair,
  type Sending,
} from './queries.ts';
import { findAddressed, isUnanswered, type Addressed, type Recipient } from './recipients.ts';

/** `perMinute` counts every recipient of a message. */
export interface SendLimits {
  perMinute: number;
  /** How many people the sender may write to for the first time; answers raise it, complaints lower it. */
  newPeoplePerDay: number;
  mailbox: Quota;
  /** For recipients who have not chosen. */
  firstContact: FirstContact;
}

/** 'sent': now or earlier; `reached`: in whose inbox it may be. 'unanswered': these must reply first. 'too many new':
 * `names` are new, and the sender may write to `left` today. 'full': `isOwn` if the sender's mailbox is. */
type Answer =
  | { kind: 'sent'; reached: string[]; isDraftKept: boolean }
  | { kind: 'unknown'; names: string[] }
  | { kind: 'unanswered'; names: string[] }
  | { kind: 'too many' }
  | TooManyNew
  | { kind: 'full'; isOwn: boolean; names: string[] };

/** `warned`: owners who got a quota notice. */
export type Outcome = Answer & { warned: string[] };

/** The same form was sent while this one waited for its locks. */
class SentMeanwhile extends Error {}

/** Where a mailbox may be full, it is counted anew. That may take 100 ms; `mayCount` may throw to refuse it. */
export async function sendMessage(
  pool: Pool,
  limits: SendLimits,
  sending: Sending,
  mayCount = async () => {},
): Promise<Outcome> {
  const attempt = (mayCountNow: boolean): Promise<Outcome | undefined> =>
    asSystem(() => transaction(pool, (db) => send(db, limits, sending, mayCountNow))).catch(
      (error: unknown) => {
        if (error instanceof SentMeanwhile) return attempt(mayCountNow); // finds it sent
        throw error;
      },
    );
  const first = await attempt(false);
  if (first) return first;
  await mayCount();
  return (await attempt(true))!;
}

/** Undefined if a mailbox must be counted first. Locks in the order of deletions: mailbox_usage, drafts,
 * users, messages, conversations. */
async function send(
  db: Database,
  limits: SendLimits,
  sending: Sending,
  mayCount: boolean,
): Promise<Outcome | undefined> {
  // Before anything is locked: a flood of refused messages must not hold up mailboxes.
  const addressed = await findAddressed(db, sending);
  const { recipients } = addressed;
  const early = await settle(db, limits, sending, addressed);
  if (early) return { ...early, warned: [] };

  const quota = await checkQuota(db, addingOf(sending, recipients), limits.mailbox, mayCount);
  if (!quota) return undefined;
  const newPeople = await checkNew(db, limits, sending, recipients);
  const refusal =
    (await findUnanswered(db, limits, sending, recipients, quota)) ??
    findFull(sending, recipients, quota) ??
    newPeople.refusal;
  const answer = refusal
    ? // Unless the same form was sent while this one waited for the locks.
      ((await settle(db, limits, sending, await findAddressed(db, sending))) ?? refusal)
    : await write(db, limits, sending, recipients, newPeople.strangers);
  await warnOwners(db, quota, limits.mailbox);
  return { ...answer, warned: quota.filling.map(({ ownerId }) => ownerId) };
}

/** The answer that needs no room in a mailbox. */
async function settle(
  db: Database,
  limits: SendLimits,
  sending: Sending,
  { recipients, recent, isRepeated }: Addressed,
): Promise<Answer | undefined> {
  const { to } = sending;
  if (recipients.length < to.length) {
    const known = new Set(recipients.map(({ username }) => username));
    return { kind: 'unknown', names: to.filter((name) => !known.has(name)) };
  }
  if (isRepeated) {
    const isDraftKept = await discardSentDraft(db, sending);
    return { kind: 'sent', reached: recipients.map(({ id }) => id), isDraftKept };
  }
  if (recent + to.length > limits.perMinute) return { kind: 'too many' };
  return (await checkNew(db, limits, sending, recipients)).refusal;
}

function checkNew(db: Database, limits: SendLimits, { from, sentAt }: Sending, recipients: Recipient[]) {
  return checkNewPeople(db, from, { perDay: limits.newPeoplePerDay, at: sentAt }, recipients);
}

async function findUnanswered(
  db: Database,
  { mailbox }: SendLimits,
  { from }: Sending,
  recipients: Recipient[],
  { held }: QuotaCheck,
): Promise<Answer | undefined> {
  const max = maxUnanswered(mailbox);
  const names: string[] = [];
  for (const { id, username } of recipients) {
    if (held[id]! > max && (await isUnanswered(db, id, from, max))) names.push(username);
  }
  return names.length > 0 ? { kind: 'unanswered', names } : undefined;
}

function findFull({ from }: Sending, recipients: Recipient[], quota: QuotaCheck): Answer | undefined {
  const isOwn = [...quota.full, ...quota.fullOfOwn].includes(from);
  const names = recipients.filter(({ id }) => id !== from && quota.full.includes(id));
  return isOwn || names.length > 0
    ? { kind: 'full', isOwn, names: names.map(({ username }) => username) }
    : undefined;
}

async function write(
  db: Database,
  limits: SendLimits,
  sending: Sending,
  recipients: Recipient[],
  strangers: string[],
): Promise<Answer> {
  const { from, sentAt } = sending;
  const pairs: Pair[] = recipients.map(({ id, firstContact }) => ({
    recipientId: id,
    sentId: newId(sentAt),
    receivedId: newId(sentAt),
    firstContact: id === from ? 'inbox' : (firstContact ?? limits.firstContact),
    isApproach: strangers.includes(id),
  }));
  const asking = pairs
    .filter(({ firstContact }) => firstContact === 'requests')
    .toSorted((one, other) => (one.recipientId < other.recipientId ? -1 : 1));
  // To answer is to accept. Strangers have asked nothing.
  const asked = recipients.filter(({ id, isNew }) => isNew && !strangers.includes(id)).map(({ id }) => id);
  if (asked.length > 0) await releaseRequests(db, from, asked);
  const reached: string[] = [];
  // In the order of owners, like everything that locks conversations of several.
  const copies = [
    { ownerId: from, insert: () => insertSentCopies(db, sending, pairs) },
    ...pairs.map((pair) => ({
      ownerId: pair.recipientId,
      insert: async () => {
        if ((await insertReceivedCopy(db, sending, pair)) === 'inbox') reached.push(pair.recipientId);
        return true;
      },
    })),
  ].toSorted((one, other) => (one.ownerId < other.ownerId ? -1 : 1));
  // In one round trip: every other one while mailboxes are locked keeps others waiting.
  const isDraftKept = discardSentDraft(db, sending);
  const locked = asking.map((pair) => lockRequest(db, pair, from));
  const areNew = copies.map(({ insert }) => insert());
  await settleInOrder([isDraftKept, ...locked, ...areNew]);
  if ((await Promise.all(areNew)).includes(false)) throw new SentMeanwhile();
  return { kind: 'sent', reached, isDraftKept: await isDraftKept };
}

function addingOf({ from, body }: Sending, recipients: Recipient[]): Adding {
  const bytes = Buffer.byteLength(body);
  const nothing = { messages: 0, bytes: 0 };
  const adding: Adding = Object.fromEntries(
    recipients.map(({ id }) => [id, { received: { messages: 1, bytes }, sent: nothing }]),
  );
  const sent = { messages: recipients.length, bytes: recipients.length * bytes };
  adding[from] = { received: adding[from]?.received ?? nothing, sent };
  return adding;
}

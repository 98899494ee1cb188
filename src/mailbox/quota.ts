// Mailbox quota: code that adds messages checks here or updates mailbox_usage (usage.ts); deleting need not.
import type { Database, Pool } from '../database/pool.ts';
import { transaction } from '../database/transaction.ts';
import { leaveNotice } from './notices.ts';
import {
  countAnew,
  forUpdate,
  lockUsage,
  nearlyFull,
  readUsage,
  usageInWords,
  type Quota,
  type Usage,
} from './usage.ts';

/** Max messages from one sender without a reply: 1 % of the mailbox, 5 % of its bytes at 40 kB each, at least 20. */
export function maxUnanswered({ messages, bytes }: Quota): number {
  return Math.max(20, Math.floor(Math.min(messages / 100, bytes / 20 / 40_000)));
}

export type Adding = Record<string, { received: Quota; sent: Quota }>;

export interface QuotaCheck {
  /** Owners who cannot receive; `fullOfOwn`: who cannot send. */
  full: string[];
  fullOfOwn: string[];
  filling: Usage[];
  held: Record<string, number>;
}

/** Locks the mailboxes until the transaction ends, so that nobody else adds messages. Counts those anew that may be
 * full or nearly so; undefined if there are any and `mayCount` is false. */
export async function checkQuota(
  db: Database,
  adding: Adding,
  limits: Quota,
  mayCount: boolean,
): Promise<QuotaCheck | undefined> {
  const nearly = nearlyFull(limits);
  const check: QuotaCheck = { full: [], fullOfOwn: [], filling: [], held: {} };
  const ownerIds = Object.keys(adding);
  const usages = mayCount ? await lockUsage(db, ownerIds) : await readUsage(db, ownerIds, forUpdate);
  if (usages.length < ownerIds.length && !mayCount) return undefined;
  for (const known of usages) {
    const { ownerId, isWarned } = known;
    const { received, sent } = adding[ownerId]!;
    const all = { messages: received.messages + sent.messages, bytes: received.bytes + sent.bytes };
    check.held[ownerId] = known.messages ?? 0;
    if (fits(known, all, isWarned ? limits : nearly)) continue;
    if (received.messages === 0 && isWarned && fitsOwn(known, sent, limits)) continue;
    if (!mayCount) return undefined;
    const size = await countAnew(db, known, { limits, adding: all });
    check.held[ownerId] = size.messages!;
    if (received.messages > 0 && !fits(size, all, limits)) check.full.push(ownerId);
    if (sent.messages > 0 && !fitsOwn(size, sent, limits)) check.fullOfOwn.push(ownerId);
    if (size.isWarned || fits(size, all, nearly)) continue;
    await db.query('update mailbox_usage set warned_at = now() where owner_id = $1', [ownerId]);
    check.filling.push(size);
  }
  return check;
}

/** After the messages have been added, so that notices take no room from them. */
export async function warnOwners(db: Database, { filling }: QuotaCheck, limits: Quota): Promise<void> {
  for (const size of filling) {
    await leaveNotice(
      db,
      size.ownerId,
      `Your mailbox is nearly full: it holds ${usageInWords(size, limits)}, including trash and drafts. ` +
        `When it is full, nobody can write to you. To make room, delete messages and empty the trash.`,
    );
  }
}

/** For an import, at the end of its transaction: the excess over the quota. Locks the mailbox. */
export async function countBeyond(db: Database, ownerId: string, limits: Quota): Promise<Quota> {
  const [known] = await lockUsage(db, [ownerId]);
  const { messages, bytes, drafts } = await countAnew(
    db,
    { ...known!, bytes: null },
    { limits, withinMs: 90_000 },
  );
  return {
    messages: Math.max(0, messages! - limits.messages),
    bytes: Math.max(0, bytes! + drafts - limits.bytes),
  };
}

/** For the cleanup job: owners who have made room since their warning are warned again next time. */
export async function forgetWarnings(pool: Pool, limits: Quota): Promise<void> {
  const { rows } = await pool.query<{ ownerId: string }>(
    'select owner_id as "ownerId" from mailbox_usage where warned_at is not null',
  );
  for (const { ownerId } of rows) {
    await transaction(pool, async (db) => {
      const [known] = await lockUsage(db, [ownerId]);
      if (known) await countAnew(db, known, { limits });
    });
  }
}

function fits({ messages, bytes, drafts }: Usage, more: Quota, limits: Quota): boolean {
  if (messages === null || bytes === null) return false;
  return messages + more.messages <= limits.messages && bytes + drafts + more.bytes <= limits.bytes;
}

/** Counts only what the owner has written: a mailbox that others have filled can still send. */
function fitsOwn({ sent, sentBytes, ...size }: Usage, more: Quota, limits: Quota): boolean {
  return fits({ ...size, messages: sent, bytes: sentBytes, sent, sentBytes }, more, limits);
}

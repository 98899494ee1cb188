// Mailbox quota and usage: code that adds messages checks here or updates mailbox_usage; deleting need not.
import { maxDraftBytes } from './drafts/limits.ts';
import { withQueryTimeout, type Database, type Pool } from '../database/pool.ts';
import { transaction } from '../database/transaction.ts';
import { leaveNotice } from './notices.ts';

/** The max for a mailbox. Bytes are those of the texts in UTF-8, drafts included. */
export interface Quota {
  messages: number;
  bytes: number;
}

/** Above this the owner is warned. */
export function nearlyFull({ messages, bytes }: Quota): Quota {
  return { messages: Math.floor(messages * 0.9), bytes: Math.floor(bytes * 0.9) };
}

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

/** For the account page. Recounted after a minute; until then no less than the mailbox holds. */
export async function findUsage(pool: Pool, ownerId: string, limits: Quota): Promise<string> {
  const [known] = await readUsage(pool, [ownerId]);
  const size = known && !known.isOld ? known : ((await recount(pool, ownerId, limits)) ?? known);
  return size?.messages != null && size.bytes != null ? usageInWords(size, limits) : '';
}

/** Recounts a mailbox, max once a minute. Undefined while another transaction has it locked. */
export function recount(pool: Pool, ownerId: string, limits: Quota): Promise<Usage | undefined> {
  return transaction(pool, async (db) => {
    await addUsage(db, ownerId);
    const [known] = await readUsage(db, [ownerId], 'for no key update of s skip locked');
    return known?.isOld ? countAnew(db, { ...known, bytes: null }, { limits }) : known;
  });
}

export interface Usage {
  ownerId: string;
  /** No less than the mailbox holds; null before the first count, like the others. */
  messages: number | null;
  bytes: number | null;
  sent: number | null;
  sentBytes: number | null;
  /** Bytes, not included in the others. */
  drafts: number;
  isWarned: boolean;
  isOld: boolean;
}

function fits({ messages, bytes, drafts }: Usage, more: Quota, limits: Quota): boolean {
  if (messages === null || bytes === null) return false;
  return messages + more.messages <= limits.messages && bytes + drafts + more.bytes <= limits.bytes;
}

/** Counts only what the owner has written: a mailbox that others have filled can still send. */
function fitsOwn({ sent, sentBytes, ...size }: Usage, more: Quota, limits: Quota): boolean {
  return fits({ ...size, messages: sent, bytes: sentBytes, sent, sentBytes }, more, limits);
}

async function lockUsage(db: Database, ownerIds: string[]): Promise<Usage[]> {
  for (const ownerId of ownerIds.toSorted()) await addUsage(db, ownerId);
  return readUsage(db, ownerIds, forUpdate);
}

async function addUsage(db: Database, ownerId: string): Promise<void> {
  await db.query(
    `insert into mailbox_usage (owner_id) select u.id from users u where u.id = $1
     on conflict do nothing returning owner_id`,
    [ownerId],
  );
}

const forUpdate = 'for no key update of s';

/** Locks in the order of owners, as everywhere, to avoid deadlocks. On a pool only for one owner. */
async function readUsage(db: Database, ownerIds: string[], lock = ''): Promise<Usage[]> {
  const found = await Promise.all(
    ownerIds.toSorted().map((ownerId) =>
      db.query<Usage>({
        name: `read usage ${lock}`,
        text: `
          select s.owner_id as "ownerId", s.messages, s.bytes::float8 as bytes, s.sent,
                 s.sent_bytes::float8 as "sentBytes",
                 ${draftBytes('$1')}::float8 as drafts, s.warned_at is not null as "isWarned",
                 s.counted_at is null or s.counted_at < now() - interval '1 minute' as "isOld"
          from mailbox_usage s where s.owner_id = $1 ${lock}`,
        values: [ownerId],
      }),
    ),
  );
  return found.flatMap(({ rows }) => rows);
}

export const draftBytes = (ownerId: string): string =>
  `(select coalesce(sum(octet_length(d.body) + octet_length(d.recipient)), 0)
      from drafts d where d.owner_id = ${ownerId})`;

// Lengths are read from the table, not from an index: from a cold disk that exceeds the timeout of a page.
const countingMs = 10_000;

interface Counting {
  limits: Quota;
  adding?: Quota;
  withinMs?: number;
}

/** Stores exact numbers; needs the lock. Counts bytes only where they may matter: message counts come from indexes. */
async function countAnew(
  db: Database,
  known: Usage,
  { limits, adding = { messages: 0, bytes: 0 }, withinMs = countingMs }: Counting,
): Promise<Usage> {
  const nearly = nearlyFull(limits);
  const { ownerId, bytes, sentBytes } = known;
  const isByteCount =
    bytes === null || sentBytes === null || bytes + maxDraftBytes + adding.bytes > nearly.bytes;
  if (isByteCount) await db.query(`set local statement_timeout = ${withinMs}`);
  const counted = isByteCount
    ? `select count(*)::int as messages, count(*) filter (where box = 'sent')::int as sent,
              coalesce(sum(octet_length(body)), 0) as bytes,
              coalesce(sum(octet_length(body)) filter (where box = 'sent'), 0) as sent_bytes, now() as at
       from messages where owner_id = $1`
    : `select (select count(*)::int from messages where owner_id = $1) as messages,
              (select count(*)::int from messages where owner_id = $1 and box = 'sent') as sent,
              s.bytes, s.sent_bytes, s.counted_at as at
       from mailbox_usage s where s.owner_id = $1`;
  const statement = {
    text: `update mailbox_usage s
       set messages = c.messages, sent = c.sent, bytes = c.bytes, sent_bytes = c.sent_bytes, counted_at = c.at,
           warned_at = case when c.messages > $2 or c.bytes + ${draftBytes('$1')} > $3 then s.warned_at end
       from (${counted}) c
       where s.owner_id = $1
       returning s.messages, s.bytes::float8 as bytes, s.sent, s.sent_bytes::float8 as "sentBytes",
                 s.warned_at is not null as "isWarned"`,
    values: [ownerId, nearly.messages, nearly.bytes],
  };
  const { rows } = await db.query<Omit<Usage, 'ownerId' | 'drafts' | 'isOld'>>(
    withQueryTimeout(statement, withinMs + 1000),
  );
  return { ...known, ...rows[0]! };
}

function usageInWords({ messages, bytes, drafts }: Usage, limits: Quota): string {
  const held = `${messages!.toLocaleString('en')} of ${limits.messages.toLocaleString('en')} messages`;
  return `${held} and ${bytesInWords(bytes! + drafts)} of ${bytesInWords(limits.bytes)}`;
}

export function bytesInWords(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const amount = (bytes / 1000 ** power).toLocaleString('en', { maximumSignificantDigits: 3 });
  return amount === '1' && power === 0 ? '1 byte' : `${amount} ${units[power]}`;
}

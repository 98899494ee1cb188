// Mailbox usage: the table mailbox_usage, which is read, locked, counted anew and put into words here.
import { bytesInWords } from '../in-words.ts';
import { maxDraftBytes } from './drafts/limits.ts';
import { withQueryTimeout, type Database, type Pool } from '../database/pool.ts';
import { transaction } from '../database/transaction.ts';

/** The max for a mailbox. Bytes are those of the texts in UTF-8, drafts included. */
export interface Quota {
  messages: number;
  bytes: number;
}

/** Above this the owner is warned. */
export function nearlyFull({ messages, bytes }: Quota): Quota {
  return { messages: Math.floor(messages * 0.9), bytes: Math.floor(bytes * 0.9) };
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

export async function lockUsage(db: Database, ownerIds: string[]): Promise<Usage[]> {
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

export const forUpdate = 'for no key update of s';

/** Locks in the order of owners, as everywhere, to avoid deadlocks. On a pool only for one owner. */
export async function readUsage(db: Database, ownerIds: string[], lock = ''): Promise<Usage[]> {
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
export async function countAnew(
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

export function usageInWords({ messages, bytes, drafts }: Usage, limits: Quota): string {
  const held = `${messages!.toLocaleString('en')} of ${limits.messages.toLocaleString('en')} messages`;
  return `${held} and ${bytesInWords(bytes! + drafts)} of ${bytesInWords(limits.bytes)}`;
}

// How full mailboxes are. Whatever adds messages goes through here or adds to mailbox_sizes itself; deleting need not.
import type { Database, Pool } from '../database/pool.ts';
import { transaction } from '../database/transaction.ts';
import { leaveNotice } from '../notices/queries.ts';

/** Above so many messages the owner is told that the mailbox is filling up. */
export function nearlyFull(limit: number): number {
  return Math.floor(limit * 0.9);
}

/** How many messages are to be added, by mailbox. */
export type Adding = Record<string, number>;

export interface Room {
  /** The mailboxes that cannot take what is to be added. */
  full: string[];
  /** Those that have less than a tenth left since this moment, and how many messages they hold: for warnOwners. */
  filling: { ownerId: string; messages: number }[];
}

/**
 * Looks at mailboxes before messages are added in the same transaction, until the end of which nobody else adds any.
 * Where there may be too little room, what is there is counted.
 */
export async function makeRoom(db: Database, adding: Adding, limit: number): Promise<Room> {
  const nearly = nearlyFull(limit);
  const room: Room = { full: [], filling: [] };
  for (const size of await lockSizes(db, Object.keys(adding))) {
    const { ownerId } = size;
    const needed = adding[ownerId]!;
    const isKnown = size.messages !== null && size.messages + needed <= (size.isWarned ? limit : nearly);
    if (isKnown) continue;
    const { messages, isWarned } = await countAnew(db, ownerId, limit);
    if (messages + needed > limit) room.full.push(ownerId);
    if (isWarned || messages + needed <= nearly) continue;
    await db.query('update mailbox_sizes set warned_at = now() where owner_id = $1', [ownerId]);
    room.filling.push({ ownerId, messages });
  }
  return room;
}

/** Leaves their notices, after the messages have been added: these take nobody's place. */
export async function warnOwners(db: Database, { filling }: Room, limit: number): Promise<void> {
  for (const { ownerId, messages } of filling) {
    await leaveNotice(
      db,
      ownerId,
      `Your mailbox is nearly full: it holds ${inWords(messages)} of ${inWords(limit)} messages, the trash included. ` +
        `When it is full, nobody can write to you and you cannot send. To make room, delete messages and empty the trash.`,
    );
  }
}

/**
 * For an import, at the end of the transaction that has added: how many messages are too many now. Until the end of the
 * transaction nobody else adds any.
 */
export async function countBeyond(db: Database, ownerId: string, limit: number): Promise<number> {
  await lockSizes(db, [ownerId]);
  const { messages } = await countAnew(db, ownerId, limit);
  return Math.max(0, messages - limit);
}

/** For the clean-up: whoever was warned and has emptied the mailbox since is warned again the next time. */
export async function forgetWarnings(pool: Pool, limit: number): Promise<void> {
  const { rows } = await pool.query<{ ownerId: string }>(
    'select owner_id as "ownerId" from mailbox_sizes where warned_at is not null',
  );
  for (const { ownerId } of rows) {
    await transaction(pool, async (db) => {
      await lockSizes(db, [ownerId]);
      await countAnew(db, ownerId, limit);
    });
  }
}

interface Size {
  ownerId: string;
  /** No less than what it holds; null before the first count. */
  messages: number | null;
  isWarned: boolean;
}

/** Everything that locks several sizes does so in the order of the owners: no two wait for each other. */
async function lockSizes(db: Database, ownerIds: string[]): Promise<Size[]> {
  await db.query(
    `insert into mailbox_sizes (owner_id)
     select u.id from users u where u.id = any ($1::uuid[])
       and not exists (select from mailbox_sizes s where s.owner_id = u.id)
     order by u.id on conflict do nothing`,
    [ownerIds],
  );
  const { rows } = await db.query<Size>(
    `select owner_id as "ownerId", messages, warned_at is not null as "isWarned" from mailbox_sizes
     where owner_id = any ($1::uuid[]) order by owner_id for no key update`,
    [ownerIds],
  );
  return rows;
}

/** The exact number, in the row as well; needs the lock. */
async function countAnew(
  db: Database,
  ownerId: string,
  limit: number,
): Promise<{ messages: number; isWarned: boolean }> {
  const { rows } = await db.query<{ messages: number; isWarned: boolean }>(
    `update mailbox_sizes s set messages = counted.n, warned_at = case when counted.n > $2 then s.warned_at end
     from (select count(*)::int as n from messages where owner_id = $1) counted
     where s.owner_id = $1 returning s.messages, s.warned_at is not null as "isWarned"`,
    [ownerId, nearlyFull(limit)],
  );
  return rows[0]!;
}

function inWords(count: number): string {
  return count.toLocaleString('en');
}

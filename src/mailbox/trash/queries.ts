// The trash in SQL: into it, out of it, and gone. Every statement but the clean-up names the owner. Where there may be
// many rows, they are chosen and locked first, and then found by their key alone: with a join or with a condition that
// is repeated, PostgreSQL may go through the whole mailbox for each batch, until it has counted what is in it.
import type { Database } from '../../database/pool.ts';
import { otherColumns, rowColumns, type Box, type MessageRow, type Origin } from '../queries.ts';

/** What was moved to the trash: from whose conversation. */
export interface Trashed {
  id: string;
  other: string | null;
}

/** Moves this person's copies to the trash; ids that are not theirs move nothing. */
export async function trashMessages(
  db: Database,
  ownerId: string,
  ids: string[],
  at: Date,
): Promise<Trashed[]> {
  const { rows } = await db.query<Trashed>(
    `with moved as (
       update messages set trashed_at = $3
       where owner_id = $1 and id = any ($2::uuid[]) and trashed_at is null
       returning id, other_id
     ), marks as (
       update unread set is_trashed = true where owner_id = $1 and id = any (array (select id from moved))
     )
     select moved.id, (select u.username from users u where u.id = moved.other_id) as other from moved`,
    [ownerId, ids, at],
  );
  return rows;
}

/** Moves up to `limit` messages of a box older than this id to the trash; returns how many. */
export async function trashOlder(
  db: Database,
  ownerId: string,
  box: Box,
  before: string,
  at: Date,
  limit: number,
): Promise<number> {
  const { rowCount } = await db.query(
    `with moved as (
       update messages set trashed_at = $4
       where owner_id = $1 and id = any (array (
         select id from messages where owner_id = $1 and box = $2 and trashed_at is null and id < $3
         order by id limit $5 for update))
       returning id
     ), marks as (
       update unread set is_trashed = true where owner_id = $1 and id = any (array (select id from moved))
     )
     select from moved`,
    [ownerId, box, before, at, limit],
  );
  return rowCount ?? 0;
}

/** Which messages in the trash: these, or up to `limit` of those that were put there at one moment. */
export type Selection = { ids: string[] } | { trashedAt: Date; limit: number };

/** Puts messages back where they were; returns which. */
export async function restoreMessages(
  db: Database,
  ownerId: string,
  selection: Selection,
): Promise<string[]> {
  const [condition, ...values] =
    'ids' in selection
      ? ['trashed_at is not null and id = any ($2::uuid[])', selection.ids]
      : [
          `id = any (array (
             select id from messages where owner_id = $1 and trashed_at = $2 limit $3 for update))`,
          selection.trashedAt,
          selection.limit,
        ];
  const { rows } = await db.query<{ id: string }>(
    `with restored as (
       update messages set trashed_at = null
       where owner_id = $1 and ${condition}
       returning id
     ), marks as (
       update unread set is_trashed = false where owner_id = $1 and id = any (array (select id from restored))
     )
     select id from restored`,
    [ownerId, ...values],
  );
  return rows.map(({ id }) => id);
}

/** Removes messages in the trash for good; returns which. */
export async function deletePermanently(db: Database, ownerId: string, ids: string[]): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    'delete from messages where owner_id = $1 and id = any ($2::uuid[]) and trashed_at is not null returning id',
    [ownerId, ids],
  );
  return rows.map(({ id }) => id);
}

/** Removes up to `limit` of all that lies in this person's trash; returns how many. */
export async function emptyTrash(db: Database, ownerId: string, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `delete from messages where owner_id = $1 and id = any (array (
       select id from messages where owner_id = $1 and trashed_at is not null order by id limit $2 for update))`,
    [ownerId, limit],
  );
  return rowCount ?? 0;
}

/** Up to `limit` messages in the trash older than the one with this id, the newest first. */
export async function listTrashBefore(
  db: Database,
  ownerId: string,
  before: string,
  limit: number,
): Promise<MessageRow[]> {
  const { rows } = await db.query<MessageRow>(
    `select ${rowColumns} from messages m
     where m.owner_id = $1 and m.trashed_at is not null and m.id < $2 order by m.id desc limit $3`,
    [ownerId, before, limit],
  );
  return rows;
}

/** Up to `limit` messages in the trash newer than the one with this id, the nearest first. */
export async function listTrashAfter(
  db: Database,
  ownerId: string,
  after: string,
  limit: number,
): Promise<MessageRow[]> {
  const { rows } = await db.query<MessageRow>(
    `select ${rowColumns} from messages m
     where m.owner_id = $1 and m.trashed_at is not null and m.id > $2 order by m.id limit $3`,
    [ownerId, after, limit],
  );
  return rows;
}

/** One message in the trash whole, with its neighbours there. */
export interface TrashedMessage {
  id: string;
  box: Box;
  other: string | null;
  origin: Origin;
  body: string;
  sentAt: Date;
  trashedAt: Date;
  isUnread: boolean;
  newer: string | null;
  older: string | null;
}

/** The message with this id if it is in the trash, or undefined. */
export async function findTrashed(
  db: Database,
  ownerId: string,
  id: string,
): Promise<TrashedMessage | undefined> {
  const { rows } = await db.query<TrashedMessage>(
    `select m.id, m.box, ${otherColumns}, m.body,
            m.sent_at as "sentAt", m.trashed_at as "trashedAt",
            exists (select from unread n where n.owner_id = m.owner_id and n.id = m.id) as "isUnread",
            (select n.id from messages n
             where n.owner_id = $1 and n.trashed_at is not null and n.id > m.id order by n.id limit 1) as newer,
            (select o.id from messages o
             where o.owner_id = $1 and o.trashed_at is not null and o.id < m.id order by o.id desc limit 1) as older
     from messages m where m.owner_id = $1 and m.id = $2 and m.trashed_at is not null`,
    [ownerId, id],
  );
  return rows[0];
}

/** For the clean-up: removes up to `limit` messages, whoever owns them, that went into the trash before this moment. */
export async function deleteExpired(db: Database, before: Date, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `delete from messages where trashed_at < $1 and (owner_id, id) in (
       select owner_id, id from messages where trashed_at < $1 order by trashed_at limit $2)`,
    [before, limit],
  );
  return rowCount ?? 0;
}

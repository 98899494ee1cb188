// Moving to the trash and out of it, in SQL; every statement except the cleanup job's is scoped to the owner.
// Many rows are selected and locked first, then found by key alone: with a join or a repeated condition, PostgreSQL may
// scan the whole mailbox for each batch until it has statistics.
import type { Database, Pool } from '../../database/pool.ts';
import { transaction } from '../../database/transaction.ts';
import { nobody } from '../../ids.ts';
import { isInConversation, lowerLast, raiseLast } from '../conversations/last-messages.ts';
import type { Box } from '../queries.ts';
import { rememberDeletions } from './deletions.ts';

export interface Trashed {
  id: string;
  other: string | null;
}

/** Ids of other users are ignored. With a request goes what is held until its sender is accepted. */
export function trashMessages(pool: Pool, ownerId: string, ids: string[], at: Date): Promise<Trashed[]> {
  return transaction(pool, async (db) => {
    const rows = await moveToTrash(db, ownerId, ids, at);
    const asking = rows.filter(({ box }) => box === 'requests').map(({ otherId }) => otherId);
    if (asking.length > 0) rows.push(...(await moveHeldToTrash(db, ownerId, asking, at)));
    await lowerLast(
      db,
      ownerId,
      rows.map(({ otherId }) => otherId),
    );
    return rows;
  });
}

interface Moved extends Trashed {
  otherId: string;
  box: Box;
}

async function moveToTrash(db: Database, ownerId: string, ids: string[], at: Date): Promise<Moved[]> {
  const { rows } = await db.query<Moved>(
    `with moved as (
       update messages set trashed_at = $3
       where owner_id = $1 and id = any (array (
         select id from messages where owner_id = $1 and id = any ($2::uuid[]) and trashed_at is null
         order by id for update))
       returning id, other_id, box
     ), marks as (
       update unread set is_quiet = true where owner_id = $1 and id = any (array (select id from moved))
     )
     select moved.id, moved.box, moved.other_id as "otherId",
            (select u.username from users u where u.id = moved.other_id) as other from moved`,
    [ownerId, ids, at],
  );
  return rows;
}

async function moveHeldToTrash(
  db: Database,
  ownerId: string,
  otherIds: string[],
  at: Date,
): Promise<Moved[]> {
  const { rows } = await db.query<{ id: string }>(
    `select m.id from messages m
     where m.owner_id = $1 and m.other_id = any ($2::uuid[]) and m.box = 'held' and m.trashed_at is null`,
    [ownerId, otherIds],
  );
  return moveToTrash(
    db,
    ownerId,
    rows.map(({ id }) => id),
    at,
  );
}

export interface Older {
  box: Box;
  before: string;
}

/** Up to `limit`; returns how many. */
export function trashOlder(
  pool: Pool,
  ownerId: string,
  older: Older,
  at: Date,
  limit: number,
): Promise<number> {
  return transaction(pool, async (db) => {
    const otherIds = await moveOlderToTrash(db, ownerId, older, at, limit);
    await lowerLast(db, ownerId, otherIds);
    return otherIds.length;
  });
}

/** Returns the other person of each message. */
async function moveOlderToTrash(
  db: Database,
  ownerId: string,
  { box, before }: Older,
  at: Date,
  limit: number,
): Promise<string[]> {
  const { rows } = await db.query<{ otherId: string }>(
    `with moved as (
       update messages set trashed_at = $4
       where owner_id = $1 and id = any (array (
         select id from messages where owner_id = $1 and box = $2 and trashed_at is null and id < $3
         order by id limit $5 for update))
       returning id, other_id
     ), marks as (
       update unread set is_quiet = true where owner_id = $1 and id = any (array (select id from moved))
     )
     select other_id as "otherId" from moved`,
    [ownerId, box, before, at, limit],
  );
  return rows.map(({ otherId }) => otherId);
}

export type Selection = { ids: string[] } | { trashedAt: Date; limit: number };

export async function restoreMessages(
  db: Database,
  ownerId: string,
  selection: Selection,
): Promise<string[]> {
  const [condition, ...values] =
    'ids' in selection
      ? [
          `id = any (array (
             select id from messages where owner_id = $1 and id = any ($2::uuid[]) and trashed_at is not null
             order by id for update))`,
          selection.ids,
        ]
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
       returning id, other_id, box
     ), marks as (
       update unread set is_quiet = id <> all (array (select id from restored where box = 'inbox'))
       where owner_id = $1 and id = any (array (select id from restored))
     ), last as (
       ${raiseLast(`select distinct on (other_id) $1::uuid, other_id, id from restored
       where other_id <> '${nobody}' and ${isInConversation('restored')} order by other_id, id desc`)}
     )
     select id from restored`,
    [ownerId, ...values],
  );
  return rows.map(({ id }) => id);
}

export async function deletePermanently(db: Database, ownerId: string, ids: string[]): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `with gone as (
       delete from messages where owner_id = $1 and id = any ($2::uuid[]) and trashed_at is not null
       returning owner_id, id
     )
     ${rememberDeletions('select owner_id, id from gone')} returning id`,
    [ownerId, ids],
  );
  return rows.map(({ id }) => id);
}

export async function emptyTrash(db: Database, ownerId: string, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `with gone as (
       delete from messages where owner_id = $1 and id = any (array (
         select id from messages where owner_id = $1 and trashed_at is not null order by id limit $2 for update))
       returning owner_id, id
     )
     ${rememberDeletions('select owner_id, id from gone')}`,
    [ownerId, limit],
  );
  return rowCount ?? 0;
}

/** Cleanup job: deletes up to `limit` messages of all owners. */
export async function deleteExpired(db: Database, before: Date, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `with gone as (
       delete from messages where trashed_at < $1 and (owner_id, id) in (
         select owner_id, id from messages where trashed_at < $1 order by trashed_at limit $2)
       returning owner_id, id
     )
     ${rememberDeletions('select owner_id, id from gone')}`,
    [before, limit],
  );
  return rowCount ?? 0;
}

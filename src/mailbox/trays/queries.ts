// The trays in SQL: requests, and what blocked people wrote. A message leaves them for the inbox or the trash.
import type { Database } from '../../database/pool.ts';
import { nobody } from '../../ids.ts';
import { raiseLast } from '../conversations/last-messages.ts';
import { rememberDeletions } from '../trash/deletions.ts';

/** How many messages of this person are held. */
export async function countHeld(db: Database, ownerId: string, otherId: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `select count(*)::int as count from messages m
     where m.owner_id = $1 and m.other_id = $2 and m.box = 'held' and m.trashed_at is null`,
    [ownerId, otherId],
  );
  return rows[0]!.count;
}

export interface Asking {
  id: string;
  username: string | null;
}

/** Who asks with these messages. */
export async function listAsking(db: Database, ownerId: string, ids: string[]): Promise<Asking[]> {
  const { rows } = await db.query<Asking>(
    `select distinct m.other_id as id, (select u.username from users u where u.id = m.other_id) as username
     from messages m
     where m.owner_id = $1 and m.id = any ($2::uuid[]) and m.box in ('requests', 'held') and m.trashed_at is null
     order by m.other_id`,
    [ownerId, ids],
  );
  return rows;
}

/** `chosen` selects ids; the second parameter is its value. In the order of ids, as everything that locks messages. */
async function moveToInbox(
  db: Database,
  ownerId: string,
  chosen: string,
  value: string[],
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `with moved as (
       update messages set box = 'inbox'
       where owner_id = $1 and id = any (array (
         select m.id from messages m where m.owner_id = $1 and m.trashed_at is null and ${chosen}
         order by m.id for update))
       returning id, other_id
     ), marks as (
       update unread set is_quiet = false where owner_id = $1 and id = any (array (select id from moved))
     ), last as (
       ${raiseLast(`select distinct on (other_id) $1::uuid, other_id, id from moved
       where other_id <> '${nobody}' order by other_id, id desc`)}
     )
     select id from moved`,
    [ownerId, value],
  );
  return rows.map(({ id }) => id);
}

/** What these people have asked goes to the inbox. */
export function releaseRequests(db: Database, ownerId: string, otherIds: string[]): Promise<string[]> {
  return moveToInbox(
    db,
    ownerId,
    `m.other_id = any ($2::uuid[]) and m.box in ('requests', 'held')`,
    otherIds,
  );
}

export function moveBlocked(db: Database, ownerId: string, ids: string[]): Promise<string[]> {
  return moveToInbox(db, ownerId, `m.id = any ($2::uuid[]) and m.box = 'blocked'`, ids);
}

/** After a request was taken back: the next message of this person is shown instead. */
export async function showNextHeld(db: Database, ownerId: string, otherId: string): Promise<void> {
  await db.query(
    `update messages set box = 'requests'
     where owner_id = $1 and box = 'held' and id = (
       select m.id from messages m
       where m.owner_id = $1 and m.other_id = $2 and m.box = 'held' and m.trashed_at is null
       order by m.id limit 1)`,
    [ownerId, otherId],
  );
}

/** What a person who is now blocked has asked. */
export async function setAsideRequests(db: Database, ownerId: string, otherId: string): Promise<void> {
  await db.query(
    `update messages set box = 'blocked'
     where owner_id = $1 and id = any (array (
       select m.id from messages m
       where m.owner_id = $1 and m.other_id = $2 and m.box in ('requests', 'held') and m.trashed_at is null
       order by m.id for update))`,
    [ownerId, otherId],
  );
}

/** Cleanup job: deletes up to `limit` blocked messages of all owners that were sent before. */
export async function deleteOldBlocked(db: Database, before: Date, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `with gone as (
       delete from messages where (owner_id, id) in (
         select owner_id, id from messages
         where box like 'blocked' and trashed_at is null and sent_at < $1 order by sent_at limit $2)
       returning owner_id, id
     )
     ${rememberDeletions('select owner_id, id from gone')}`,
    [before, limit],
  );
  return rowCount ?? 0;
}

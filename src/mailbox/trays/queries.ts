// The trays in SQL: requests, and what blocked people wrote. A message leaves them for the inbox or the trash.
import type { Database } from '../../database/pool.ts';
import { lowestIdAt, nobody } from '../../ids.ts';
import { rowsRead } from '../../web/paging.ts';
import { raiseLast } from '../conversations/last-messages.ts';
import { readNames, rowColumns, type Message, type MessageRow, type Tray } from '../queries.ts';
import { rememberDeletions } from '../trash/deletions.ts';

/** Of each person's requests only the first is shown, until they are accepted. There are few: see maxUnanswered. */
const isFirst = `not exists (
  select from messages e where e.owner_id = $1 and e.other_id = m.other_id and e.id < m.id
                           and e.box = 'requests' and e.trashed_at is null)`;

const selectTray = (tray: Tray): string => `
  select ${rowColumns} from messages m
  where m.owner_id = $1 and m.box = '${tray}' and m.trashed_at is null
    and ${tray === 'requests' ? isFirst : 'true'}`;

export async function listTrayBefore(
  db: Database,
  ownerId: string,
  tray: Tray,
  before: string,
): Promise<MessageRow[]> {
  const { rows } = await db.query<MessageRow>({
    name: `list ${tray} before`,
    text: `${selectTray(tray)} and m.id < $2 order by m.id desc limit ${rowsRead}`,
    values: [ownerId, before],
  });
  return readNames(rows);
}

export async function listTrayAfter(
  db: Database,
  ownerId: string,
  tray: Tray,
  after: string,
): Promise<MessageRow[]> {
  const { rows } = await db.query<MessageRow>({
    name: `list ${tray} after`,
    text: `${selectTray(tray)} and m.id > $2 order by m.id limit ${rowsRead}`,
    values: [ownerId, after],
  });
  return readNames(rows);
}

/** How many more messages this person asks with. */
export async function countFurther(db: Database, ownerId: string, message: Message): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `select count(*)::int as count from messages m
     where m.owner_id = $1 and m.other_id = $2 and m.box = 'requests' and m.trashed_at is null and m.id <> $3
       and $4 = 'requests'`,
    [ownerId, message.otherId, message.id, message.box],
  );
  return rows[0]!.count;
}

export interface Request {
  /** Of the messages, oldest first. */
  ids: string[];
  otherId: string;
  username: string | null;
}

/** The open requests of the people who wrote these messages. */
export async function listRequests(db: Database, ownerId: string, ids: string[]): Promise<Request[]> {
  const { rows } = await db.query<Request>(
    `select array_agg(m.id order by m.id) as ids, m.other_id as "otherId",
            (select u.username from users u where u.id = m.other_id) as username
     from messages m
     where m.owner_id = $1 and m.box = 'requests' and m.trashed_at is null and m.other_id in (
       select r.other_id from messages r
       where r.owner_id = $1 and r.id = any ($2::uuid[]) and r.box = 'requests' and r.trashed_at is null)
     group by m.other_id order by m.other_id`,
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
       update unread n set is_quiet = false from moved m where n.owner_id = $1 and n.id = m.id
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
  return moveToInbox(db, ownerId, `m.other_id = any ($2::uuid[]) and m.box = 'requests'`, otherIds);
}

export function moveBlocked(db: Database, ownerId: string, ids: string[]): Promise<string[]> {
  return moveToInbox(db, ownerId, `m.id = any ($2::uuid[]) and m.box = 'blocked'`, ids);
}

/** What a person who is now blocked has asked. */
export async function setAsideRequests(db: Database, ownerId: string, otherId: string): Promise<void> {
  await db.query(
    `update messages set box = 'blocked'
     where owner_id = $1 and id = any (array (
       select m.id from messages m
       where m.owner_id = $1 and m.other_id = $2 and m.box = 'requests' and m.trashed_at is null
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
         where box = 'blocked' and trashed_at is null and id < $1 order by id limit $2)
       returning owner_id, id
     )
     ${rememberDeletions('select owner_id, id from gone')}`,
    [lowestIdAt(before), limit],
  );
  return rowCount ?? 0;
}

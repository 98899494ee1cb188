// Keeps the table of conversations true: for each person, the last message outside the trash.
// Adding a message raises `last_id` in the same statement. Taking one away locks the rows and then looks again: the
// lock waits for additions that this transaction could not see. Locks come after those of messages, in the order of
// owners and then of people (docs/decisions/conversations.md).
import type { Database } from '../../database/pool.ts';
import { nobody } from '../../ids.ts';
import { outsideTrays } from '../queries.ts';

/** A statement for rows of (owner_id, other_id, last_id), in the order of people. */
export const raiseLast = (rows: string): string => `
  insert into conversations as c (owner_id, other_id, last_id) ${rows}
  on conflict (owner_id, other_id) do update set last_id = greatest(c.last_id, excluded.last_id)`;

/** Whether a message counts: of a note to oneself, only the received copy, which can be unread. $1 is the owner. */
export const isInConversation = (message: string): string =>
  `(${message}.other_id <> $1 or ${message}.box = 'inbox') and ${outsideTrays(message)}`;

/** After messages with these people were moved to the trash or deleted, in the same transaction. */
export async function lowerLast(db: Database, ownerId: string, otherIds: string[]): Promise<void> {
  const people = [...new Set(otherIds)].filter((id) => id !== nobody);
  if (people.length === 0) return;
  await Promise.all([lockConversations(db, ownerId, people), findLastAgain(db, ownerId, people)]);
}

async function lockConversations(db: Database, ownerId: string, people: string[]): Promise<void> {
  await db.query({
    name: 'lock conversations',
    text: `select from conversations where owner_id = $1 and other_id = any ($2::uuid[])
           order by other_id for update`,
    values: [ownerId, people],
  });
}

async function findLastAgain(db: Database, ownerId: string, people: string[]): Promise<void> {
  await db.query({
    name: 'find last messages again',
    text: `with latest as materialized (
             select c.other_id, (select m.id from messages m
                                 where m.owner_id = $1 and m.other_id = c.other_id and m.trashed_at is null
                                   and ${isInConversation('m')}
                                 order by m.id desc limit 1) as last_id
             from conversations c where c.owner_id = $1 and c.other_id = any ($2::uuid[])
           ), ended as (
             delete from conversations
             where owner_id = $1 and other_id = any (array (select other_id from latest where last_id is null))
           )
           insert into conversations as c (owner_id, other_id, last_id)
           select $1, other_id, last_id from latest where last_id is not null order by other_id
           on conflict (owner_id, other_id) do update set last_id = excluded.last_id
           where c.last_id <> excluded.last_id`,
    values: [ownerId, people],
  });
}

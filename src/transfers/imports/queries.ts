// SQL of imports: inserts copies into the owner's mailbox and touches nobody else's.
import { withQueryTimeout, type Database, type Pool } from '../../database/pool.ts';
import { transaction } from '../../database/transaction.ts';
import type { OwnCopy } from '../message-record.ts';
import { nobody } from '../../ids.ts';
import { draftBytes, type Quota } from '../../mailbox/usage.ts';

/** Usage of a mailbox, trash and drafts included. Slow after many inserts, when each row has to be visited. */
export function countHeld(pool: Pool, ownerId: string): Promise<Quota> {
  return transaction(pool, async (db) => {
    await db.query(`set local statement_timeout = '60s'`);
    const text = `select count(*)::int as messages,
                         (coalesce(sum(octet_length(body)), 0) + ${draftBytes('$1')})::float8 as bytes
                  from messages where owner_id = $1`;
    const { rows } = await db.query<Quota>(withQueryTimeout({ text, values: [ownerId] }, 61_000));
    return rows[0]!;
  });
}

export async function countKnown(db: Database, ownerId: string, copies: OwnCopy[]): Promise<Quota> {
  const { rows } = await db.query<Quota>({
    name: 'count known',
    text: `select count(*)::int as messages, coalesce(sum(octet_length(body)), 0)::float8 as bytes
           from messages where owner_id = $1 and id = any ($2::uuid[])`,
    values: [ownerId, copies.map(({ id }) => id)],
  });
  return rows[0]!;
}

/** Returns how many were new. Unread marks count as set by hand (is_marked): what was read before cannot be unsent. */
export async function insertCopies(db: Database, ownerId: string, copies: OwnCopy[]): Promise<number> {
  const statement = {
    name: 'insert copies',
    text: `with imported as (
             insert into messages (owner_id, id, box, other_id, body, sent_at, trashed_at, origin, other_name)
             select $1, c.id, c.box, '${nobody}', c.body, c.sent_at, c.trashed_at,
                    case when c.is_notice then 'imported notice' else 'imported' end, c.other_name
             from unnest($2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::boolean[],
                         $8::text[])
               as c (id, box, body, sent_at, trashed_at, is_notice, other_name)
             on conflict do nothing returning owner_id, id, box, trashed_at
           ), marks as (
             insert into unread (owner_id, id, other_id, is_marked, is_quiet)
             select owner_id, id, '${nobody}', true, trashed_at is not null or box <> 'inbox' from imported
             where id = any ($9::uuid[])
           )
           select count(*)::int as count from imported`,
    values: [
      ownerId,
      copies.map(({ id }) => id),
      copies.map(({ box }) => box),
      copies.map(({ body }) => body),
      copies.map(({ sentAt }) => sentAt),
      copies.map(({ trashedAt }) => trashedAt),
      copies.map(({ isNotice }) => isNotice),
      copies.map(({ other }) => other),
      copies.filter(({ isUnread }) => isUnread).map(({ id }) => id),
    ],
  };
  // Just above the 90 s statement timeout of the transaction.
  const { rows } = await db.query<{ count: number }>(withQueryTimeout(statement, 91_000));
  return rows[0]!.count;
}

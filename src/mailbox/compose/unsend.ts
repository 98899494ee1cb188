// Unsend a message, in SQL.
import { asSystem } from '../../database/owner.ts';
import type { Database, Pool } from '../../database/pool.ts';
import { transaction } from '../../database/transaction.ts';
import { lowerLast } from '../conversations/last-messages.ts';
import type { Box } from '../queries.ts';
import { rememberDeletions } from '../trash/deletions.ts';
import { showNextHeld } from '../trays/queries.ts';

export type Unsending =
  | { kind: 'taken back' | 'opened already'; recipient: string; recipientId: string }
  | { kind: 'no such message' };

// Deletes both copies unless the recipient has opened theirs. The transaction that deletes the `unread` row first wins
// (openMessage). The recipient's copy is locked first, as everywhere that touches both tables, to avoid deadlocks.
export function unsendMessage(pool: Pool, ownerId: string, id: string): Promise<Unsending> {
  return asSystem(() =>
    transaction(pool, async (db) => {
      const { rows } = await db.query<{ otherId: string; twinId: string; recipient: string }>(
        `select m.other_id as "otherId", m.twin_id as "twinId",
              coalesce((select u.username from users u where u.id = m.other_id), 'deleted account') as recipient
       from messages m
       where m.owner_id = $1 and m.id = $2 and m.box = 'sent' and m.origin is null and m.trashed_at is null`,
        [ownerId, id],
      );
      const [copy] = rows;
      if (!copy) return { kind: 'no such message' };

      const twin = [copy.otherId, copy.twinId];
      // A note to oneself is two messages of one mailbox.
      const ids = copy.otherId === ownerId ? [id, copy.twinId] : [copy.twinId];
      const { rows: received } = await db.query<{ box: Box }>(
        'select box from messages where owner_id = $1 and id = any ($2::uuid[]) order by id for update',
        [copy.otherId, ids],
      );
      const unopened = await db.query(
        'delete from unread where owner_id = $1 and id = $2 and not is_marked',
        twin,
      );
      const kind = unopened.rowCount === 1 ? 'taken back' : 'opened already';
      if (kind === 'taken back') {
        await deleteCopy(db, twin);
        if (received[0]?.box === 'requests') await showNextHeld(db, copy.otherId, ownerId);
        await deleteCopy(db, [ownerId, id]);
        const sides = [ownerId, copy.otherId].toSorted();
        await Promise.all(sides.map((side, index) => lowerLast(db, side, [sides[1 - index]!])));
      }
      return { kind, recipient: copy.recipient, recipientId: copy.otherId };
    }),
  );
}

/** If it was the sender's first answer, it was none: else the limit of new people would tell of it. */
async function deleteCopy(db: Database, key: string[]): Promise<void> {
  await db.query(
    `with gone as (
       delete from messages where owner_id = $1 and id = $2 returning owner_id, id, box, other_id, sent_at
     ), unanswered as (
       update contacts k set answered_at = null from gone g
       where k.owner_id = $1 and k.other_id = g.other_id and k.answered_at = g.sent_at and g.box <> 'sent'
     )
     ${rememberDeletions('select owner_id, id from gone')}`,
    key,
  );
}

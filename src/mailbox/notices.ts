// Notices: messages from the program to a user's inbox, which cannot be answered.
import { now } from '../clock.ts';
import { asOwner } from '../database/owner.ts';
import type { Database } from '../database/pool.ts';
import { newId, nobody } from '../ids.ts';

/** Inserts a notice, even into a full mailbox. The caller notifies open pages. */
export async function leaveNotice(db: Database, ownerId: string, words: string): Promise<void> {
  const sentAt = now();
  await asOwner(ownerId, () =>
    db.query(
      `with message as (
       insert into messages (owner_id, id, box, other_id, body, sent_at, origin)
       values ($1, $2, 'inbox', $3, $4, $5, 'notice') returning owner_id, id
     ), size as (
       update mailbox_usage set messages = messages + 1, bytes = bytes + octet_length($4) where owner_id = $1
     )
     insert into unread (owner_id, id, other_id) select owner_id, id, $3 from message`,
      [ownerId, newId(sentAt), nobody, words, sentAt],
    ),
  );
}

/** Unless one that begins so is unread in the inbox. In a transaction: two at the same moment wait for each other. */
export async function leaveNoticeOnce(
  db: Database,
  ownerId: string,
  words: string,
  beginning: string,
): Promise<void> {
  await db.query('select from users where id = $1 for no key update', [ownerId]);
  const { rowCount } = await db.query(
    `select from unread n join messages m on m.owner_id = $1 and m.id = n.id
     where n.owner_id = $1 and n.other_id = $2 and not n.is_quiet
       and m.origin = 'notice' and starts_with(m.body, $3) limit 1`,
    [ownerId, nobody, beginning],
  );
  if (rowCount === 0) await leaveNotice(db, ownerId, words);
}

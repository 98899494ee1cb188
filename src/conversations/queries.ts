// The conversation with one person in SQL, from the own mailbox alone.
import type { Database } from '../database/pool.ts';
import type { Box } from '../mailbox/queries.ts';

/** One message of a conversation, whole. */
export interface Line {
  id: string;
  box: Box;
  body: string;
  sentAt: Date;
  isUnread: boolean;
}

/**
 * Up to `limit` messages between this person and the one with this name, older than the one with this id, the newest
 * first; none when nobody has that name. Of a note to oneself only the received copy is shown, the one that can be unread.
 */
export async function listConversation(
  db: Database,
  ownerId: string,
  other: string,
  before: string,
  limit: number,
): Promise<Line[]> {
  const { rows } = await db.query<Line>({
    name: 'list conversation',
    text: `select m.id, m.box, m.body, m.sent_at as "sentAt",
                  (select n.id from unread n where n.owner_id = m.owner_id and n.id = m.id) is not null as "isUnread"
           from messages m
           where m.owner_id = $1 and m.other_id = (select id from users where username = $2) and m.trashed_at is null and m.id < $3
             and (m.other_id <> m.owner_id or m.box = 'inbox')
           order by m.id desc limit $4`,
    values: [ownerId, other, before, limit],
  });
  return rows;
}

// The conversation with one person, in SQL, from the owner's own mailbox alone.
import type { Database } from '../../database/pool.ts';
import type { Box } from '../queries.ts';

export interface Line {
  id: string;
  box: Box;
  body: string;
  sentAt: Date;
  isUnread: boolean;
}

/** Newest first; undefined for an unknown user. Of a note to oneself, only the received copy, which can be unread. */
export async function listConversation(
  db: Database,
  ownerId: string,
  username: string,
  before: string,
  limit: number,
): Promise<Line[] | undefined> {
  const { rows } = await db.query<Line | Record<keyof Line, null>>({
    name: 'list conversation',
    text: `with other as (select u.id from users u where u.username = $2)
           (select m.id, m.box, m.body, m.sent_at as "sentAt",
                   (select n.id from unread n where n.owner_id = $1 and n.id = m.id) is not null as "isUnread"
            from messages m
            where m.owner_id = $1 and m.other_id = (select id from other) and m.trashed_at is null and m.id < $3
              and (m.other_id <> m.owner_id or m.box = 'inbox')
            order by m.id desc limit $4)
           union all select null, null, null, null, null from other`,
    values: [ownerId, username, before, limit],
  });
  if (rows.length === 0) return undefined;
  const lines = rows.filter((row): row is Line => row.id !== null);
  return lines.sort((one, other) => (one.id < other.id ? 1 : -1)); // union all guarantees no order
}

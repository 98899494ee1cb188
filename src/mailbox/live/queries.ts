// The mailbox state that open pages show, in SQL.
import type { Database } from '../../database/pool.ts';

export interface MailboxState {
  /** Both counts are capped at 100. */
  unread: number;
  fresh: number;
  isSignedIn: boolean;
}

export async function readMailboxState(
  db: Database,
  ownerId: string,
  sid: string,
  seen: string,
): Promise<MailboxState> {
  const { rows } = await db.query<MailboxState>({
    name: 'mailbox state',
    text: `select (select count(*)::int from (
                     select from unread n where n.owner_id = $1 and not n.is_trashed limit 100) counted) as unread,
                  (select count(*)::int from (
                     select from messages m
                     where m.owner_id = $1 and m.box = 'inbox' and m.trashed_at is null and m.id > $3
                     limit 100) counted) as fresh,
                  exists (select from sessions s where s.user_id = $1 and (s.sid = $2 or s.sess->>'formerSid' = $2)
                            and s.expire > now()) as "isSignedIn"`,
    values: [ownerId, sid, seen],
  });
  return rows[0]!;
}

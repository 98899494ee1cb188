// The mailbox state that open pages show, in SQL.
import type { Database } from '../../database/pool.ts';
import { nobody } from '../../ids.ts';

export interface MailboxState {
  /** Both counts are capped at 100. */
  unread: number;
  fresh: number;
  isSignedIn: boolean;
}

/** Whose new messages a page counts: everything in the inbox, only what people wrote, or only this person's. */
export type Fresh = 'inbox' | 'people' | { username: string };

const inInbox = `from messages m
  where m.owner_id = $1 and m.box = 'inbox' and m.trashed_at is null and m.id > $3`;
/** By their unread marks: a conversation marks what it shows, and has then seen it. */
const fromPerson = `from unread n
  where n.owner_id = $1 and n.other_id = (select u.id from users u where u.username = $4)
    and not n.is_quiet and n.id > $3`;

export async function readMailboxState(
  db: Database,
  ownerId: string,
  sid: string,
  seen: string,
  of: Fresh = 'inbox',
): Promise<MailboxState> {
  const isOfPerson = typeof of === 'object';
  const [name, fresh] = isOfPerson
    ? ['with a person', fromPerson]
    : of === 'people'
      ? ['of people', `${inInbox} and m.other_id <> '${nobody}'`]
      : ['', inInbox];
  const { rows } = await db.query<MailboxState>({
    name: `mailbox state ${name}`,
    text: `select (select count(*)::int from (
                     select from unread n where n.owner_id = $1 and not n.is_quiet limit 100) counted) as unread,
                  (select count(*)::int from (select ${fresh} limit 100) counted) as fresh,
                  exists (select from sessions s where s.user_id = $1 and (s.sid = $2 or s.sess->>'formerSid' = $2)
                            and s.expire > now()) as "isSignedIn"`,
    values: [ownerId, sid, seen, ...(isOfPerson ? [of.username] : [])],
  });
  return rows[0]!;
}

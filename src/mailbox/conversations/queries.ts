// Conversations in SQL: the list, and the one with a person; from the owner's own mailbox alone.
import type { Database } from '../../database/pool.ts';
import { rowsRead } from '../../web/paging.ts';
import { excerpt, isBlocked as isBlockedBy, namesOf, readNames, type Box } from '../queries.ts';
import { isInConversation } from './last-messages.ts';

export interface Conversation {
  /** Of the last message. */
  id: string;
  otherId: string;
  /** Null when the account is deleted. */
  other: string | null;
  displayName: string | null;
  box: Box;
  excerpt: string;
  sentAt: Date;
  /** Capped at 100. */
  unread: number;
}

/** $1 is the owner. The order of the index keeps a plan from reading more unread marks than it counts. */
const columns = `c.last_id as id, c.other_id as "otherId",
  ${namesOf('c.other_id')} as other,
  m.box, m.excerpt, m."sentAt",
  (select count(*)::int from (
     select from unread n
     where n.owner_id = $1 and n.other_id = c.other_id and not n.is_quiet
     order by n.id limit 100) counted) as unread`;

/** The limit keeps it a look-up for each row: as a join, a plan from when the mailbox was small reads all of it. */
const lastMessage = `cross join lateral (
  select m.box, ${excerpt}, m.sent_at as "sentAt" from messages m
  where m.owner_id = $1 and m.id = c.last_id limit 1) m`;

export async function listConversationsBefore(
  db: Database,
  ownerId: string,
  before: string,
): Promise<Conversation[]> {
  const { rows } = await db.query<Conversation>({
    name: 'list conversations before',
    text: `select ${columns} from conversations c ${lastMessage}
           where c.owner_id = $1 and c.last_id < $2
           order by c.last_id desc limit ${rowsRead}`,
    values: [ownerId, before],
  });
  return readNames(rows);
}

export async function listConversationsAfter(
  db: Database,
  ownerId: string,
  after: string,
): Promise<Conversation[]> {
  const { rows } = await db.query<Conversation>({
    name: 'list conversations after',
    text: `select ${columns} from conversations c ${lastMessage}
           where c.owner_id = $1 and c.last_id > $2
           order by c.last_id limit ${rowsRead}`,
    values: [ownerId, after],
  });
  return readNames(rows);
}

export interface Line {
  id: string;
  box: Box;
  body: string;
  sentAt: Date;
  isUnread: boolean;
}

export interface Exchange {
  /** Newest first. */
  lines: Line[];
  otherId: string;
  displayName: string | null;
  isBlocked: boolean;
  /** The first of what this person asks with. */
  requestId: string | null;
  /** How many from this person are unread, capped at 100. */
  unread: number;
  /** The draft for this person alone that was saved last. */
  draft: { id: string; body: string; version: number } | null;
}

/** Whether a draft is for this person alone, as people type a username. */
const isFor = (draft: string, username: string) => `btrim(lower(${draft}.recipient), ' @') = ${username}`;

type Facts = Omit<Exchange, 'lines'>;
type Row = (Line & Record<keyof Facts, null>) | (Facts & Record<keyof Line, null>);

/** Undefined for an unknown user. */
export async function listConversation(
  db: Database,
  ownerId: string,
  username: string,
  before: string,
  limit: number,
): Promise<Exchange | undefined> {
  const { rows } = await db.query<Row>({
    name: 'list conversation',
    text: `with other as (select u.id, u.display_name from users u where u.username = $2)
           (select m.id, m.box, m.body, m.sent_at as "sentAt",
                   (select n.id from unread n where n.owner_id = $1 and n.id = m.id) is not null as "isUnread",
                   null as "displayName", null::int as unread, null::json as draft, null::uuid as "otherId",
                   null::boolean as "isBlocked", null::uuid as "requestId"
            from messages m
            where m.owner_id = $1 and m.other_id = (select id from other) and m.trashed_at is null and m.id < $3
              and ${isInConversation('m')}
            order by m.id desc limit $4)
           union all
           select null, null, null, null, null, display_name,
                  (select count(*)::int from (
                     select from unread n
                     where n.owner_id = $1 and n.other_id = (select id from other) and not n.is_quiet
                     order by n.id limit 100) counted),
                  (select json_build_object('id', d.id, 'body', d.body, 'version', d.version) from drafts d
                   where d.owner_id = $1 and ${isFor('d', '$2')}
                     and d.saved_at = (select max(l.saved_at) from drafts l
                                       where l.owner_id = $1 and ${isFor('l', '$2')})
                   limit 1),
                  id, ${isBlockedBy('other.id')},
                  (select r.id from messages r where r.owner_id = $1 and r.other_id = (select id from other)
                     and r.box = 'requests' and r.trashed_at is null order by r.id limit 1)
           from other`,
    values: [ownerId, username, before, limit],
  });
  const facts = rows.find((row): row is Row & Facts => row.id === null);
  if (!facts) return undefined;
  const lines = rows.filter((row): row is Row & Line => row.id !== null);
  lines.sort((one, other) => (one.id < other.id ? 1 : -1)); // union all guarantees no order
  const { displayName, unread, draft, otherId, isBlocked, requestId } = facts;
  return { lines, displayName, unread, draft, otherId, isBlocked, requestId };
}

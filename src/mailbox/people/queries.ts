// People in SQL: those the owner has written with, and the directory of members.
import type { Database } from '../../database/pool.ts';
import { namesOf, outsideTrays, readNames } from '../queries.ts';

export interface Contact {
  /** Of the last message of the conversation: the position in the list. */
  id: string;
  /** Null when the account is deleted. */
  other: string | null;
  displayName: string | null;
}

/** Those with whom the owner has messages outside the trash, latest first. */
export async function listContactsBefore(
  db: Database,
  ownerId: string,
  before: string,
  limit: number,
): Promise<Contact[]> {
  const { rows } = await db.query<Contact>({
    name: 'list contacts before',
    text: `select c.last_id as id, ${namesOf('c.other_id')} as other
           from conversations c where c.owner_id = $1 and c.last_id < $2 order by c.last_id desc limit $3`,
    values: [ownerId, before, limit],
  });
  return readNames(rows);
}

export async function listContactsAfter(
  db: Database,
  ownerId: string,
  after: string,
  limit: number,
): Promise<Contact[]> {
  const { rows } = await db.query<Contact>({
    name: 'list contacts after',
    text: `select c.last_id as id, ${namesOf('c.other_id')} as other
           from conversations c where c.owner_id = $1 and c.last_id > $2 order by c.last_id limit $3`,
    values: [ownerId, after, limit],
  });
  return readNames(rows);
}

/** Names are looked for among so many conversations, the latest. */
export const maxSearched = 1000;

export interface FoundContact extends Contact {
  /** Messages with this person outside the trash, capped at `maxCounted` + 1. */
  count: number;
}

export const maxCounted = 100;

/** Whose username, or a word of whose display name, begins with at least so many of these. Latest first. */
export async function findContacts(
  db: Database,
  ownerId: string,
  prefixes: string[],
  atLeast: number,
  limit: number,
): Promise<FoundContact[]> {
  const { rows } = await db.query<FoundContact>({
    name: 'find contacts',
    text: `with latest as materialized (
             select c.other_id, c.last_id from conversations c
             where c.owner_id = $1 order by c.last_id desc limit ${maxSearched}
           ), found as materialized (
             select l.last_id, u.id, u.username, u.display_name
             from latest l cross join lateral (
               select id, username, display_name, name_key from users where id = l.other_id limit 1) u
             where u.username is not null and $3 <= (
               select count(*) from unnest($2::text[]) p (prefix)
               where starts_with(u.username, p.prefix)
                  or strpos(' ' || translate(u.name_key, '-''’', '   '), ' ' || p.prefix) > 0)
             order by l.last_id desc limit $4
           )
           select f.last_id as id, f.username as other, f.display_name as "displayName",
                  (select count(*)::int from (
                     select from messages m where m.owner_id = $1 and m.other_id = f.id and m.trashed_at is null
                       and ${outsideTrays('m')}
                     limit ${maxCounted + 1}) counted) as count
           from found f order by f.last_id desc`,
    values: [ownerId, prefixes, atLeast, limit],
  });
  return rows;
}

export interface Member {
  username: string;
  displayName: string | null;
}

const isListed = 'unlisted_at is null and disabled_at is null';

/** In the order of usernames. */
export async function listMembers(db: Database, after: string, limit: number): Promise<Member[]> {
  const { rows } = await db.query<Member>({
    name: 'list members',
    text: `select username, display_name as "displayName" from users
           where ${isListed} and username > $1 order by username limit $2`,
    values: [after, limit],
  });
  return rows;
}

/** Where a page of found members begins: behind this username, or behind this key of a display name. */
export type After = { username: string; key?: string };

export interface FoundMember extends Member {
  /** Of the display name; null for those found by their username, who come first. */
  key: string | null;
}

const last = '\u{10FFFF}';

/** Whose username begins with the one, or whose display name begins with the other. */
export async function findMembers(
  db: Database,
  username: string,
  key: string,
  after: After,
  limit: number,
): Promise<FoundMember[]> {
  const isByName = after.key !== undefined;
  const { rows } = await db.query<FoundMember>({
    name: 'find members',
    text: `(select username, display_name as "displayName", null as key from users
            where ${isListed} and username > $5 and username >= $1 and username < $2
            order by username limit $8)
           union all
           (select username, display_name, name_key from users
            where ${isListed} and name_key >= $3 and name_key < $4 and (name_key, username) > ($6, $7)
              and not (username >= $1 and username < $2)
            order by name_key, username limit $8)`,
    values: [
      username,
      username + last,
      key,
      key + last,
      isByName ? last : after.username,
      after.key ?? '',
      isByName ? after.username : '',
      limit,
    ],
  });
  return rows
    .toSorted((one, other) => Number(one.key !== null) - Number(other.key !== null)) // union all guarantees no order
    .slice(0, limit);
}

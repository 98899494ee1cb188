// Contacts in SQL: who is blocked, who is accepted, and where a first message goes. Changes lock the mailbox like a
// message that arrives (quota.ts): it arrives either before or after.
import type { Database, Pool } from '../../database/pool.ts';
import { transaction } from '../../database/transaction.ts';
import { rowsRead } from '../../web/paging.ts';
import { namesOf, readNames } from '../queries.ts';
import { lockUsage } from '../usage.ts';
import { releaseRequests, setAsideRequests } from '../trays/queries.ts';
import { complainAbout } from './complaints.ts';
import type { FirstContact } from './first-contact.ts';

export interface Person {
  id: string;
  username: string;
}

export async function findPerson(db: Database, username: string): Promise<Person | undefined> {
  const { rows } = await db.query<Person>('select id, username from users where username = $1', [username]);
  return rows[0];
}

/** Other people of these names. */
export async function listPeople(db: Database, ownerId: string, usernames: string[]): Promise<Person[]> {
  const { rows } = await db.query<Person>(
    'select id, username from users where username = any ($2::text[]) and id <> $1 order by id',
    [ownerId, usernames],
  );
  return rows;
}

/** Their requests move to the blocked messages. False if they were blocked before. */
export function blockPerson(pool: Pool, ownerId: string, otherId: string): Promise<boolean> {
  return transaction(pool, async (db) => {
    await lockUsage(db, [ownerId]);
    const isNew = await block(db, ownerId, otherId);
    await complainAbout(db, otherId, ownerId);
    return isNew;
  });
}

/** Where the mailbox is locked. */
export async function block(db: Database, ownerId: string, otherId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into contacts (owner_id, other_id, blocked_at) values ($1, $2, now())
     on conflict (owner_id, other_id) do update set blocked_at = excluded.blocked_at
     where contacts.blocked_at is null`,
    [ownerId, otherId],
  );
  await setAsideRequests(db, ownerId, otherId);
  return rowCount === 1;
}

/** What they wrote meanwhile stays where it is. */
export async function unblockPerson(db: Database, ownerId: string, otherId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'update contacts set blocked_at = null where owner_id = $1 and other_id = $2 and blocked_at is not null',
    [ownerId, otherId],
  );
  return rowCount === 1;
}

/** Their requests move to the inbox, and so does what they write from now on. */
export function acceptPeople(pool: Pool, ownerId: string, otherIds: string[]): Promise<void> {
  return transaction(pool, async (db) => {
    await lockUsage(db, [ownerId]);
    await acceptAll(db, ownerId, otherIds);
  });
}

/** Where the mailbox is locked. */
export async function acceptAll(db: Database, ownerId: string, otherIds: string[]): Promise<void> {
  await db.query(
    `insert into contacts (owner_id, other_id, accepted_at)
     select $1, o.id, now() from unnest($2::uuid[]) o (id) order by o.id
     on conflict (owner_id, other_id) do update set accepted_at = excluded.accepted_at
     where contacts.accepted_at is null`,
    [ownerId, otherIds],
  );
  await releaseRequests(db, ownerId, otherIds);
}

export interface Blocked {
  id: string;
  /** Null when the account is deleted. */
  other: string | null;
  displayName: string | null;
  blockedAt: Date;
}

const blockedColumns = `k.other_id as id, k.blocked_at as "blockedAt", ${namesOf('k.other_id')} as other`;

export async function listBlockedBefore(db: Database, ownerId: string, before: string): Promise<Blocked[]> {
  const { rows } = await db.query<Blocked>(
    `select ${blockedColumns} from contacts k
     where k.owner_id = $1 and k.blocked_at is not null and k.other_id < $2
     order by k.other_id desc limit ${rowsRead}`,
    [ownerId, before],
  );
  return readNames(rows);
}

export async function listBlockedAfter(db: Database, ownerId: string, after: string): Promise<Blocked[]> {
  const { rows } = await db.query<Blocked>(
    `select ${blockedColumns} from contacts k
     where k.owner_id = $1 and k.blocked_at is not null and k.other_id > $2
     order by k.other_id limit ${rowsRead}`,
    [ownerId, after],
  );
  return readNames(rows);
}

export async function findFirstContact(db: Database, ownerId: string): Promise<FirstContact | null> {
  const { rows } = await db.query<{ firstContact: FirstContact | null }>(
    'select first_contact as "firstContact" from users where id = $1',
    [ownerId],
  );
  return rows[0]!.firstContact;
}

/** Null: as the site has it. */
export async function setFirstContact(
  db: Database,
  ownerId: string,
  firstContact: FirstContact | null,
): Promise<void> {
  await db.query('update users set first_contact = $2 where id = $1', [ownerId, firstContact]);
}

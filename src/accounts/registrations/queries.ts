// Registrations that wait for an administrator, in SQL. Who waits is not in `users`, and so nowhere else either.
import type { Database } from '../../database/pool.ts';
import { newId } from '../../ids.ts';

export interface Registration {
  id: string;
  username: string;
  line: string;
  askedAt: Date;
}

/** Also replaces one of this name that was declined. Needs the name reserved; `nameHash` frees it. */
export async function insertRegistration(
  db: Database,
  { username, line }: Pick<Registration, 'username' | 'line'>,
  passwordHash: string,
  nameHash: Buffer,
): Promise<void> {
  await db.query(
    `insert into registrations (id, username, password_hash, line, name_hash, asked_at)
     values ($1, $2, $3, $4, $5, now())
     on conflict (username) do update
     set id = excluded.id, password_hash = excluded.password_hash, line = excluded.line,
         name_hash = excluded.name_hash, asked_at = excluded.asked_at, declined_at = null`,
    [newId(), username, passwordHash, line, nameHash],
  );
}

export async function countWaiting(db: Database): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    'select count(*)::int as count from registrations where declined_at is null',
  );
  return rows[0]!.count;
}

/** Oldest first. */
export async function listWaiting(db: Database, after: string, limit: number): Promise<Registration[]> {
  const { rows } = await db.query<Registration>({
    name: 'list waiting',
    text: `select id, username, line, asked_at as "askedAt" from registrations
           where declined_at is null and id > $1 order by id limit $2`,
    values: [after, limit],
  });
  return rows;
}

export async function findWaiting(db: Database, username: string): Promise<Registration | undefined> {
  const { rows } = await db.query<Registration>(
    `select id, username, line, asked_at as "askedAt" from registrations
     where username = $1 and declined_at is null`,
    [username],
  );
  return rows[0];
}

export async function isWaiting(db: Database, id: string): Promise<boolean> {
  const { rowCount } = await db.query('select from registrations where id = $1 and declined_at is null', [
    id,
  ]);
  return rowCount === 1;
}

export interface OwnRegistration {
  passwordHash: string;
  isDeclined: boolean;
}

/** For the login: waiting, or declined and not deleted yet. */
export async function findOwnRegistration(
  db: Database,
  username: string,
): Promise<OwnRegistration | undefined> {
  const { rows } = await db.query<OwnRegistration>({
    name: 'find own registration',
    text: `select password_hash as "passwordHash", declined_at is not null as "isDeclined"
           from registrations where username = $1`,
    values: [username],
  });
  return rows[0];
}

/** Its name stays reserved. Undefined if it does not wait any more; so of two who decide, one does. */
export async function takeWaiting(
  db: Database,
  id: string,
): Promise<{ username: string; passwordHash: string } | undefined> {
  const { rows } = await db.query<{ username: string; passwordHash: string }>(
    `delete from registrations where id = $1 and declined_at is null
     returning username, password_hash as "passwordHash"`,
    [id],
  );
  return rows[0];
}

/** Frees the name, and keeps what the login needs to say so. Undefined if it does not wait any more. */
export async function declineWaiting(db: Database, id: string): Promise<string | undefined> {
  const { rows } = await db.query<{ username: string; nameHash: Buffer }>(
    `update registrations set declined_at = now(), line = '' where id = $1 and declined_at is null
     returning username, name_hash as "nameHash"`,
    [id],
  );
  await freeNames(
    db,
    rows.map(({ nameHash }) => nameHash),
  );
  return rows[0]?.username;
}

/** Call in a transaction. The name of one that was declined may be somebody else's by now. */
export async function deleteExpiredRegistrations(db: Database, before: Date, limit: number): Promise<number> {
  const { rows } = await db.query<{ nameHash: Buffer; isDeclined: boolean }>(
    `delete from registrations where id = any (array (
       select id from registrations where coalesce(declined_at, asked_at) < $1 limit $2 for update))
     returning name_hash as "nameHash", declined_at is not null as "isDeclined"`,
    [before, limit],
  );
  const reserved = rows.filter(({ isDeclined }) => !isDeclined);
  await freeNames(
    db,
    reserved.map(({ nameHash }) => nameHash),
  );
  return rows.length;
}

async function freeNames(db: Database, hashes: Buffer[]): Promise<void> {
  await db.query('delete from usernames_used where hash = any ($1::bytea[])', [hashes]);
}

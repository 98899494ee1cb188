// Accounts in SQL.
import { asOwner } from '../database/owner.ts';
import type { Database } from '../database/pool.ts';
import { nameKey } from '../display-names.ts';
import { newId } from '../ids.ts';
import { deleteSessions } from '../sessions/queries.ts';
import { skeletonOf } from '../look-alikes.ts';
import type { HashUsername } from './used-usernames.ts';

export interface Account {
  id: string;
  username: string;
  passwordHash: string;
  /** Incremented to end all sessions; a login is good only within the epoch it began in. */
  epoch: number;
  isDisabled: boolean;
}

const columns =
  'id, username, password_hash as "passwordHash", epoch, disabled_at is not null as "isDisabled"';

export async function findAccount(db: Database, username: string): Promise<Account | undefined> {
  const { rows } = await db.query<Account>({
    name: 'find account',
    text: `select ${columns} from users where username = $1`,
    values: [username],
  });
  return rows[0];
}

export async function findOwnAccount(db: Database, userId: string): Promise<Account | undefined> {
  const { rows } = await db.query<Account>(`select ${columns} from users where id = $1`, [userId]);
  return rows[0];
}

/** Undefined if the name or a look-alike was ever used; inserting the skeleton's hash decides. Older rows hash
 * names. */
export async function reserveUsername(
  db: Database,
  hashUsername: HashUsername,
  username: string,
): Promise<Buffer | undefined> {
  const { rows } = await db.query<{ hash: Buffer }>(
    `insert into usernames_used (hash) select $1
     where not exists (select from usernames_used where hash = $2)
     on conflict do nothing returning hash`,
    [hashUsername(skeletonOf(username)), hashUsername(username)],
  );
  return rows[0]?.hash;
}

/** Call in a transaction. */
export async function createAccount(
  db: Database,
  hashUsername: HashUsername,
  username: string,
  passwordHash: string,
): Promise<{ id: string; epoch: number } | 'taken'> {
  const isFree = await reserveUsername(db, hashUsername, username);
  return isFree ? insertAccount(db, username, passwordHash) : 'taken';
}

/** Needs the name reserved. */
export async function insertAccount(
  db: Database,
  username: string,
  passwordHash: string,
  id = newId(),
): Promise<{ id: string; epoch: number }> {
  const { rows } = await db.query<{ id: string; epoch: number }>(
    'insert into users (id, username, password_hash) values ($1, $2, $3) returning id, epoch',
    [id, username, passwordHash],
  );
  await asOwner(id, () =>
    db.query(
      'insert into mailbox_usage (owner_id, messages, bytes, sent, sent_bytes) values ($1, 0, 0, 0, 0)',
      [id],
    ),
  );
  return rows[0]!;
}

export async function setTimeZone(db: Database, userId: string, timeZone: string | null): Promise<void> {
  await db.query('update users set time_zone = $2 where id = $1', [userId, timeZone]);
}

export interface OwnName {
  displayName: string | null;
  isListed: boolean;
}

export async function findOwnName(db: Database, userId: string): Promise<OwnName> {
  const { rows } = await db.query<OwnName>(
    'select display_name as "displayName", unlisted_at is null as "isListed" from users where id = $1',
    [userId],
  );
  return rows[0]!;
}

/** Whether any of these hashes is of a username that was ever used. */
export async function isUsedUsername(db: Database, hashes: Buffer[]): Promise<boolean> {
  const { rowCount } = await db.query('select from usernames_used where hash = any ($1::bytea[]) limit 1', [
    hashes,
  ]);
  return rowCount === 1;
}

/** Null for none. False if it was this one already. */
export async function setDisplayName(db: Database, userId: string, name: string | null): Promise<boolean> {
  const { rowCount } = await db.query(
    `update users set display_name = $2, name_key = $3
     where id = $1 and username is not null and display_name is distinct from $2`,
    [userId, name, name && nameKey(name)],
  );
  return rowCount === 1;
}

/** Whether the person is in the directory of members, where there is one. */
export async function setListed(db: Database, userId: string, isListed: boolean): Promise<void> {
  await db.query(
    `update users set unlisted_at = case when $2 then null else coalesce(unlisted_at, now()) end where id = $1`,
    [userId, isListed],
  );
}

export type StartPage = 'inbox' | 'conversations';

/** The address that a login leads to. */
export async function findStartPage(db: Database, userId: string): Promise<string> {
  const { rows } = await db.query<{ address: string }>(
    `select '/' || start_page as address from users where id = $1`,
    [userId],
  );
  return rows[0]?.address ?? '/inbox';
}

export async function setStartPage(db: Database, userId: string, page: StartPage): Promise<void> {
  await db.query('update users set start_page = $2 where id = $1', [userId, page]);
}

/** Serializes changes of one account within their transactions. */
export async function lockAccount(db: Database, userId: string): Promise<void> {
  await db.query('select from users where id = $1 for no key update', [userId]);
}

/** For any other change of the password: an older link must not undo it. */
export async function deleteResetLink(db: Database, userId: string): Promise<void> {
  await db.query('delete from reset_links where user_id = $1', [userId]);
}

export async function upgradeHash(db: Database, account: Account, stronger: string): Promise<void> {
  await db.query('update users set password_hash = $3 where id = $1 and password_hash = $2', [
    account.id,
    account.passwordHash,
    stronger,
  ]);
}

/** Also ends all other sessions and deletes the reset link. False if the hash has changed. Within `ChangeAccount`. */
export async function changePassword(
  db: Database,
  account: Account,
  newHash: string,
  ownSid: string,
): Promise<boolean> {
  const { rowCount } = await db.query(
    'update users set password_hash = $3, epoch = epoch + 1 where id = $1 and password_hash = $2',
    [account.id, account.passwordHash, newHash],
  );
  if (rowCount !== 1) return false;
  await deleteResetLink(db, account.id);
  await deleteSessions(db, account.id, ownSid);
  return true;
}

// Accounts in SQL.
import { asOwner } from '../database/owner.ts';
import type { Database } from '../database/pool.ts';
import { newId } from '../ids.ts';
import { deleteSessions } from '../sessions/queries.ts';
import { skeletonOf } from '../look-alikes.ts';
import type { HashUsername } from './used-usernames.ts';

export interface Account {
  id: string;
  username: string;
  passwordHash: string;
  /** Grows with everything that ends all sessions; a sign-in is good only within the epoch it began in. */
  epoch: number;
  isDisabled: boolean;
}

const columns =
  'id, username, password_hash as "passwordHash", epoch, disabled_at is not null as "isDisabled"';

/** The account with this username, or undefined. */
export async function findAccount(db: Database, username: string): Promise<Account | undefined> {
  const { rows } = await db.query<Account>({
    name: 'find account',
    text: `select ${columns} from users where username = $1`,
    values: [username],
  });
  return rows[0];
}

/** The account of somebody who is signed in; undefined when it has been deleted at this moment. */
export async function findOwnAccount(db: Database, userId: string): Promise<Account | undefined> {
  const { rows } = await db.query<Account>(`select ${columns} from users where id = $1`, [userId]);
  return rows[0];
}

/**
 * The new account, or 'taken' when somebody has the name or one that looks like it, even if only since this moment, or
 * had it before: whoever inserts the row of its skeleton in usernames_used gets it. Names of before skeletons were kept
 * stand there as they are.
 */
export async function createAccount(
  db: Database,
  hashUsername: HashUsername,
  username: string,
  passwordHash: string,
): Promise<{ id: string; epoch: number } | 'taken'> {
  const id = newId();
  const { rows } = await asOwner(id, () =>
    db.query<{ id: string; epoch: number }>(
      `with name as (
       insert into usernames_used (hash) select $4
       where not exists (select from usernames_used where hash = $5)
       on conflict do nothing returning hash
     ), account as (
       insert into users (id, username, password_hash) select $1, $2, $3 from name returning id, epoch
     ), mailbox as (
       insert into mailbox_sizes (owner_id, messages, bytes, sent, sent_bytes) select id, 0, 0, 0, 0 from account
     )
     select id, epoch from account`,
      [id, username, passwordHash, hashUsername(skeletonOf(username)), hashUsername(username)],
    ),
  );
  return rows[0] ?? 'taken';
}

/** Sets the time zone whose days and hours pages show; null for the browser's. */
export async function setTimeZone(db: Database, userId: string, timeZone: string | null): Promise<void> {
  await db.query('update users set time_zone = $2 where id = $1', [userId, timeZone]);
}

/** For a transaction: of two changes of one account, the second waits until the first is done. */
export async function lockAccount(db: Database, userId: string): Promise<void> {
  await db.query('select from users where id = $1 for no key update', [userId]);
}

/** For whatever else sets a password: a link that was made before must not undo it. */
export async function deleteResetLink(db: Database, userId: string): Promise<void> {
  await db.query('delete from reset_links where user_id = $1', [userId]);
}

/** Replaces a hash by a stronger one of the same password, unless the password was changed meanwhile. */
export async function upgradeHash(db: Database, account: Account, stronger: string): Promise<void> {
  await db.query('update users set password_hash = $3 where id = $1 and password_hash = $2', [
    account.id,
    account.passwordHash,
    stronger,
  ]);
}

/**
 * Sets a new password, if the hash is still the one that was checked; ends all sessions but the one with this key, and a
 * link with which it could be set once more. False when somebody else changed it first. Within `ChangeAccount`.
 */
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

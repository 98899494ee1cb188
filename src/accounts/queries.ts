// Accounts in SQL.
import type { Database } from '../database/pool.ts';
import { newId } from '../ids.ts';

export interface Account {
  id: string;
  passwordHash: string;
}

/** The account with this username, or undefined. */
export async function findAccount(db: Database, username: string): Promise<Account | undefined> {
  const { rows } = await db.query<Account>({
    name: 'find account',
    text: 'select id, password_hash as "passwordHash" from users where username = $1',
    values: [username],
  });
  return rows[0];
}

/** The new account's id, or 'taken' when somebody has the name already, even if only since this moment. */
export async function createAccount(
  db: Database,
  username: string,
  passwordHash: string,
): Promise<{ id: string } | 'taken'> {
  const { rows } = await db.query<{ id: string }>(
    `insert into users (id, username, password_hash) values ($1, $2, $3)
     on conflict (username) do nothing returning id`,
    [newId(), username, passwordHash],
  );
  return rows[0] ?? 'taken';
}

/** Replaces a hash by a stronger one of the same password, unless the password was changed meanwhile. */
export async function upgradeHash(db: Database, account: Account, stronger: string): Promise<void> {
  await db.query('update users set password_hash = $3 where id = $1 and password_hash = $2', [
    account.id,
    account.passwordHash,
    stronger,
  ]);
}

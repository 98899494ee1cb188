// Verifies an account's password and upgrades an outdated hash.
import type { Database } from '../database/pool.ts';
import type { Hasher } from './passwords.ts';
import { upgradeHash, type Account } from './queries.ts';

/** The account with its current hash, if the password is right. Takes as long without an account. */
export async function verifyPassword(
  db: Database,
  hasher: Hasher,
  account: Account | undefined,
  typed: string,
): Promise<Account | undefined> {
  const verdict = await hasher.verify(account?.passwordHash, typed);
  if (!account || verdict === 'wrong') return undefined;
  if (verdict === 'right' || account.isDisabled) return account;
  const passwordHash = await hasher.hash(typed);
  await upgradeHash(db, account, passwordHash);
  return { ...account, passwordHash };
}

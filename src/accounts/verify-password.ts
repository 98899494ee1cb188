// Whether a password is somebody's; a hash that is too weak for today, or of an outdated form, is renewed along the way.
import type { Database } from '../database/pool.ts';
import type { Passwords } from './passwords.ts';
import { upgradeHash, type Account } from './queries.ts';

/** The account, with the hash that is stored now, if this is its password. Takes as long where there is no account. */
export async function verifyPassword(
  db: Database,
  passwords: Passwords,
  account: Account | undefined,
  typed: string,
): Promise<Account | undefined> {
  const verdict = await passwords.verify(account?.passwordHash, typed);
  if (!account || verdict === 'wrong') return undefined;
  if (verdict === 'right' || account.isDisabled) return account;
  const passwordHash = await passwords.hash(typed);
  await upgradeHash(db, account, passwordHash);
  return { ...account, passwordHash };
}

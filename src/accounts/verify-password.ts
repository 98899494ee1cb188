// Verifies an account's password and upgrades an outdated hash.
import type { AccountsContext } from './context.ts';
import { upgradeHash, type Account } from './queries.ts';

/** The account with its current hash, if the password is right. Takes as long without an account. */
export async function verifyPassword(
  { pool, passwords }: AccountsContext,
  account: Account | undefined,
  typed: string,
): Promise<Account | undefined> {
  const verdict = await passwords.verify(account?.passwordHash, typed);
  if (!account || verdict === 'wrong') return undefined;
  if (verdict === 'right' || account.isDisabled) return account;
  const passwordHash = await passwords.hash(typed);
  await upgradeHash(pool, account, passwordHash);
  return { ...account, passwordHash };
}

// Deletes an account, for the account page and the operator command.
import { withTimeout } from '../../concurrency/with-timeout.ts';
import type { Pool } from '../../database/pool.ts';
import { closeAccount, purgeAccount } from './queries.ts';

const patienceMs = 5000;

/** Closes the account, then purges it. Returns after 5 s at the latest; the purge of a large mailbox goes on. */
export async function deleteAccount(
  pool: Pool,
  userId: string,
  onError: (error: Error) => void,
): Promise<void> {
  await closeAccount(pool, userId);
  await withTimeout(patienceMs, purgeAccount(pool, userId).catch(onError));
}

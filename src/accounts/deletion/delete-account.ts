// Leaving, as the page and the operator's command do it.
import { withTimeout } from '../../concurrency/with-timeout.ts';
import type { Pool } from '../../database/pool.ts';
import { closeAccount, purgeAccount } from './queries.ts';

const patienceMs = 5000;

/**
 * Deletes this account and all that is in it. Returns when everything is removed, or of a large mailbox after some
 * seconds, while the removal goes on; from the first moment nobody can sign in to it or see anything of it.
 */
export async function deleteAccount(
  pool: Pool,
  userId: string,
  onError: (error: Error) => void,
): Promise<void> {
  await closeAccount(pool, userId);
  await withTimeout(patienceMs, purgeAccount(pool, userId).catch(onError));
}

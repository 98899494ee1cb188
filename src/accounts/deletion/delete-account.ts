// Leaving, as the page and the operator's command do it.
import { atMost } from '../../concurrency/with-timeout.ts';
import type { Pool } from '../../database/pool.ts';
import { closeAccount, removeRemains } from './queries.ts';

const patienceMs = 5000;

/**
 * Deletes this account and all that is in it. Returns when everything is removed, or of a large mailbox after some
 * seconds, while the removal goes on; from the first moment nobody can sign in to it or see anything of it.
 */
export async function leave(pool: Pool, userId: string, onError: (error: Error) => void): Promise<void> {
  await closeAccount(pool, userId);
  await atMost(patienceMs, removeRemains(pool, userId).catch(onError));
}

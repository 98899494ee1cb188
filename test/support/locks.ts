// Locks held by a test while a site waits for them.
import { expect } from 'vitest';
import type { Pool } from '../../src/database/pool.ts';
import { createLog, type Log } from '../../src/web/log.ts';

/**
 * The same database for a site that waits ten seconds for a lock: with the half second of pool.ts it gives up when the
 * machine is too busy for what the test does meanwhile.
 */
export function patient(databaseUrl: string): string {
  return `${databaseUrl}&lock_timeout=10000&statement_timeout=10000&query_timeout=12000`;
}

/** Until so many wait for a lock in this database. The pool must have a connection left to ask with. */
export async function untilWaiting(pool: Pool, count = 1): Promise<void> {
  const waiting = async () =>
    (
      await pool.query(
        `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
      )
    ).rowCount;
  await expect.poll(waiting, { interval: 5 }).toBe(count);
}

/**
 * A log for patient sites that counts the requests that failed because they and another one waited for each other:
 * they answer 503 too, which a person who presses again (forms.ts) does not tell from a busy machine.
 */
export function watchDeadlocks(): { log: Log; deadlocks: () => number } {
  let lines = '';
  const log = createLog('error', { write: (text) => void (lines += text) });
  return { log, deadlocks: () => lines.split('"code":"40P01"').length - 1 };
}

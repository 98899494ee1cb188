// Runs several statements on one connection, optionally in a transaction.
import type { Database, Pool } from './pool.ts';

/** A discarded connection is not reused, nor is one that was lost. */
export async function withConnection<T>(
  pool: Pool,
  work: (db: Database, discard: (error: Error) => void) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    return await work(client, (error) => (broken = error));
  } finally {
    client.release(broken);
  }
}

/** Waits for statements that were sent together, and throws what the first of them failed with: those after it only
 * know that the transaction is aborted, and may be rejected earlier. */
export async function settleInOrder(statements: Promise<unknown>[]): Promise<void> {
  const settled = await Promise.allSettled(statements);
  const failed = settled.find(({ status }) => status === 'rejected');
  if (failed) throw (failed as PromiseRejectedResult).reason;
}

export function transaction<T>(pool: Pool, work: (db: Database) => Promise<T>): Promise<T> {
  return withConnection(pool, async (db, discard) => {
    try {
      // Sent together with the first statement of `work`, which fails as well if this fails.
      const started = db.query('begin');
      started.catch(() => {});
      const result = await work(db);
      await started;
      await db.query('commit');
      return result;
    } catch (error) {
      await db.query('rollback').catch(discard);
      throw error;
    }
  });
}

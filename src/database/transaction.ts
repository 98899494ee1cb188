// Several statements on one connection; as a transaction: all of them, or none.
import type { Database, Pool } from './pool.ts';

/**
 * Lends one connection to the work. The pool listens only while a connection is idle, and its loss would end the process
 * unheard. One that is lost, or discarded because it is of no more use to anybody, is thrown away.
 */
export async function withConnection<T>(
  pool: Pool,
  work: (db: Database, discard: (error: Error) => void) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const discard = (error: Error) => (broken = error);
  client.on('error', discard);
  try {
    return await work(client, discard);
  } finally {
    client.off('error', discard);
    client.release(broken);
  }
}

/** Runs the work on one connection, in one transaction; any error rolls back. */
export function transaction<T>(pool: Pool, work: (db: Database) => Promise<T>): Promise<T> {
  return withConnection(pool, async (db, discard) => {
    try {
      await db.query('begin');
      const result = await work(db);
      await db.query('commit');
      return result;
    } catch (error) {
      await db.query('rollback').catch(discard);
      throw error;
    }
  });
}

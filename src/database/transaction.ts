// Several statements as one: all of them, or none.
import type { Database, Pool } from './pool.ts';

/** Runs the work on one connection, in one transaction; any error rolls back. */
export async function transaction<T>(pool: Pool, work: (db: Database) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const onLoss = (error: Error) => (broken = error);
  client.on('error', onLoss); // the pool listens only while it is idle; unheard, the loss would end the process
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    // A connection that cannot even roll back is of no use to anybody: the pool throws it away.
    await client.query('rollback').catch(onLoss);
    throw error;
  } finally {
    client.off('error', onLoss);
    client.release(broken);
  }
}

// A connection as the owner of the tables: row-level security hides nothing from it, or is an error.
import pg from 'pg';
import { withTimeout } from '../concurrency/with-timeout.ts';
import { isDatabaseAway } from '../database/pool.ts';
import { sessionPreparer } from '../database/session-settings.ts';
import { StartupError } from '../startup-error.ts';

// synchronize_seqscans: a table read from its middle would be restored in that order.
const settings = `set row_security = off; set synchronize_seqscans = off; set enable_seqscan = on;
  set statement_timeout = 0; set lock_timeout = '30s'; set idle_in_transaction_session_timeout = 0`;

/** `work` may take as long as it likes. A lost connection ends with one sentence that begins with `lost`. */
export async function withOwner<T>(
  address: string,
  lost: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    connectionString: address,
    application_name: 'private-messages backup',
    keepAlive: true,
  });
  client.on('error', () => {}); // the statement under way fails with it
  try {
    await client.connect();
    await sessionPreparer()(client);
    await client.query(settings);
    return await work(client);
  } catch (error) {
    if (isDatabaseAway(error))
      throw new StartupError(`${lost}: the connection to the database was lost.`, { cause: error });
    throw error;
  } finally {
    // A server that does not answer any more does not end the connection either.
    await withTimeout(
      1000,
      client.end().catch(() => {}),
    );
  }
}

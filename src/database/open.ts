// Opens the database the settings name, or our own, and brings its schema up to date.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config.ts';
import { checkAddress } from './address.ts';
import { checkServer } from './check-server.ts';
import { startEmbeddedPostgres } from './embedded.ts';
import { migrate } from './migrate.ts';
import { goOnFromNewestId } from './newest-id.ts';
import { createPool, isDatabaseAway, type Pool } from './pool.ts';
import { explainRefusal } from './refusals.ts';

export interface OpenDatabase {
  pool: Pool;
  close(): Promise<void>;
}

/** A migrated database. `onError` hears of trouble in the background. Throws a StartupError with the cause. */
export async function openDatabase(
  config: Pick<Config, 'databaseUrl' | 'dataDir'>,
  onError: (error: Error) => void,
): Promise<OpenDatabase> {
  const given = config.databaseUrl && checkAddress(config.databaseUrl);
  const embedded = given ? undefined : await startEmbeddedPostgres(config.dataDir, onError);
  const address = given || embedded!.connectionString;
  const pool = createPool(address, onError);
  const close = async () => {
    await pool.end();
    await embedded?.stop();
  };
  try {
    if (embedded) await migrateOurOwn(pool);
    else {
      await checkServer(pool);
      await migrate(pool);
    }
    await goOnFromNewestId(pool);
  } catch (error) {
    await close();
    throw explainRefusal(error as Error, given ?? '');
  }
  return { pool, close };
}

/** Another process, just ending, may stop our own PostgreSQL at this moment; it is started again at once. */
async function migrateOurOwn(pool: Pool): Promise<void> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await migrate(pool);
    } catch (error) {
      if (!isDatabaseAway(error) || attempts === 20) throw error;
    }
    await sleep(250);
  }
}

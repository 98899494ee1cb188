// Opens the database the settings name, or our own, and brings its schema up to date.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config.ts';
import { checkAddress } from './address.ts';
import { checkServer } from './check-server.ts';
import { startEmbeddedPostgres } from './embedded/embedded.ts';
import { migrate } from './migrate.ts';
import { goOnFromNewestId } from './newest-id.ts';
import { openAppPool } from './app-role.ts';
import { asSystem } from './owner.ts';
import { createPool, isDatabaseAway, type Pool } from './pool.ts';
import { explainRefusal } from './refusals.ts';

export interface OpenDatabase {
  /** Its statements may only read and write rows, and those of one person at a time (app-role.ts, owner.ts). */
  pool: Pool;
  close(): Promise<void>;
}

/** A migrated database. `onError` hears of trouble in the background, `tell` what the operator should know. Throws a StartupError with the cause. */
export async function openDatabase(
  config: Pick<Config, 'databaseUrl' | 'dataDir'>,
  onError: (error: Error) => void,
  tell: (line: string) => void = () => {},
): Promise<OpenDatabase> {
  const given = config.databaseUrl && checkAddress(config.databaseUrl);
  const embedded = given ? undefined : await startEmbeddedPostgres(config.dataDir, onError);
  const address = given || embedded!.connectionString;
  const owner = createPool(address, onError);
  let pool: Pool | undefined;
  const close = async () => {
    await pool?.end();
    await embedded?.stop();
  };
  try {
    if (embedded) await migrateOurOwn(owner);
    else {
      await checkServer(owner);
      await migrate(owner);
    }
    const opened = await openAppPool(owner, address, onError, tell);
    pool = opened;
    await asSystem(() => goOnFromNewestId(opened));
    return { pool, close };
  } catch (error) {
    await close();
    throw explainRefusal(error as Error, given ?? '');
  } finally {
    await owner.end();
  }
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

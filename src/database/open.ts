// Opens the configured or the built-in database and migrates it.
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
  pool: Pool; // only for rows, of one user at a time (app-role.ts, owner.ts)
  address: string; // as the owner of the tables
  close(): Promise<void>;
}

/** `onError` gets background errors, `tell` notes for the operator. Throws a StartupError with the cause. */
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
    return { pool, address, close };
  } catch (error) {
    await close();
    throw explainRefusal(error as Error, given ?? '');
  } finally {
    await owner.end();
  }
}

/** A process that is shutting down may stop the built-in PostgreSQL now; it is restarted immediately. */
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

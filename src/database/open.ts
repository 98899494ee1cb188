// Opens the database the settings name, or our own, and brings its schema up to date.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config.ts';
import { StartupError } from '../startup-error.ts';
import { startEmbeddedPostgres } from './embedded.ts';
import { migrate } from './migrate.ts';
import { createPool, isDatabaseAway, type Pool } from './pool.ts';

export interface OpenDatabase {
  pool: Pool;
  close(): Promise<void>;
}

/** A migrated database. `onError` hears of trouble in the background. Throws a StartupError with the cause. */
export async function openDatabase(
  config: Pick<Config, 'databaseUrl' | 'dataDir'>,
  onError: (error: Error) => void,
): Promise<OpenDatabase> {
  const embedded = config.databaseUrl ? undefined : await startEmbeddedPostgres(config.dataDir, onError);
  const pool = createPool(config.databaseUrl ?? embedded!.connectionString, onError);
  const close = async () => {
    await pool.end();
    await embedded?.stop();
  };
  try {
    await (embedded ? migrateOurOwn(pool) : migrate(pool));
  } catch (error) {
    await close();
    throw explain(error as Error);
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

function explain(error: Error & { code?: string }): Error {
  if (error instanceof StartupError) return error;
  const cause = error.message || error.code || 'no answer';
  if (error.code === 'ERR_INVALID_URL') return new StartupError('DATABASE_URL is not a valid address.');
  // A server that asks for a password where none was given is answered by pg itself, without a code.
  if (error.code === '28P01' || error.code === '28000' || cause.startsWith('SASL')) {
    return new StartupError(`PostgreSQL refuses the user or the password in DATABASE_URL: ${cause}`);
  }
  if (error.code === '3D000')
    return new StartupError(`The database in DATABASE_URL does not exist: ${cause}`);
  if (isDatabaseAway(error)) return new StartupError(`PostgreSQL cannot be reached (DATABASE_URL): ${cause}`);
  return new StartupError(`The database could not be prepared: ${cause}`);
}

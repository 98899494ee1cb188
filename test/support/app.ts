// The app for tests: on a database of its own, in the test's process.
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import { inject } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { openAppPool } from '../../src/database/app-role.ts';
import { createPool, type Pool } from '../../src/database/pool.ts';
import { createApp } from '../../src/app.ts';
import { openContext } from '../../src/process/context.ts';
import { createBoundedServer } from '../../src/process/server.ts';
import { createLog, type Log } from '../../src/web/log.ts';
import { createDatabase } from './database.ts';

export interface TestApp {
  url: string;
  express: Express;
  /** For the test's own looks at the database, as the owner of the tables. */
  pool: Pool;
  /** The app's own, which row-level security holds. */
  appPool: Pool;
  databaseUrl: string;
  close(): Promise<void>;
}

/** Settings for fast tests without rate limits, unless a test sets them. */
export const calmSettings = {
  NODE_ENV: 'test',
  LOG_LEVEL: 'silent',
  SENDS_PER_MINUTE: '100000',
  NEW_PEOPLE_PER_DAY: '100000',
  SEARCHES_PER_MINUTE: '100000',
  MAILBOX_MESSAGES: '1000000',
  MAILBOX_BYTES: '1000000000000',
  LOGINS_PER_MINUTE: '100000',
  REGISTRATION: 'open',
  FIRST_CONTACT: 'inbox',
  REGISTRATIONS_PER_HOUR: '100000',
  PASSWORD_MEMORY_KIB: '7168',
  PASSWORD_PASSES: '1',
};

/** Starts the app on a free port, or the one in the settings. Apps with the same `databaseUrl` are one site. */
export async function startApp(
  settings: Record<string, string> = {},
  databaseUrl?: string,
  log?: Log,
): Promise<TestApp> {
  const config = readConfig({
    ...calmSettings,
    DATA_DIR: settings.DATA_DIR ?? inject('dataDir'),
    ...settings,
  });
  const address = databaseUrl ?? (await createDatabase());
  const pool = createPool(address, () => {});
  const appPool = await openAppPool(
    pool,
    address,
    () => {},
    () => {},
  );
  if (address.includes('lock_timeout=')) for (const each of [pool, appPool]) keepLimits(each, address);
  const { ctx, close } = await openContext(config, appPool, log ?? createLog(config.logLevel));
  const app = createApp(ctx);
  const server = createBoundedServer(app);
  await new Promise<void>((resolve) => server.listen(Number(settings.PORT ?? 0), '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    express: app,
    pool,
    appPool,
    databaseUrl: address,
    close: async () => {
      await close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await appPool.end();
      await pool.end();
    },
  };
}

/** The program overrides what an address says of limits; for a patient site (locks.ts) it must not. */
function keepLimits(pool: Pool, address: string): void {
  const limits = [...new URLSearchParams(address.split('?')[1])].filter(([name]) =>
    /^(lock|statement)_timeout$/.test(name),
  );
  const prepare = pool.options.onConnect!;
  pool.options.onConnect = async (client) => {
    await (prepare as (client: unknown) => Promise<void>)(client);
    for (const [name, value] of limits) await client.query('select set_config($1, $2, false)', [name, value]);
  };
}

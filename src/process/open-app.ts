// Opens the app with its background services for one process, and closes them together.
import type { Express } from 'express';
import { createApp } from '../app.ts';
import { openUsedUsernames } from '../accounts/used-usernames.ts';
import type { Config } from '../config.ts';
import { readMigrations } from '../database/migration-files.ts';
import type { Pool } from '../database/pool.ts';
import { openSigningKeys } from '../database/signing-keys.ts';
import { startCleanupJobs } from './cleanup-jobs.ts';
import { openImportJobs } from '../transfers/imports/jobs.ts';
import { openNotifier } from '../mailbox/live/notifier.ts';
import { openStreams } from '../mailbox/live/streams.ts';
import { createEncryption } from '../secrets/encryption.ts';
import { readSecretKey } from '../secrets/secret-key.ts';
import type { Log } from '../web/log.ts';

export interface OpenApp {
  app: Express;
  close: () => Promise<void>; // ends what would keep the process or its open pages waiting
}

export async function openApp(
  config: Config,
  pool: Pool,
  log: Log,
  isStopping: () => boolean = () => false,
): Promise<OpenApp> {
  const onError = (error: Error) => log.error({ err: error }, 'background');
  const encryption = createEncryption(readSecretKey(config.dataDir));
  const keys = await openSigningKeys(pool, onError);
  const hashUsername = await openUsedUsernames(pool, encryption, (line) =>
    console.error(`private-messages: ${line}`),
  );
  const streams = openStreams(onError);
  const notifier = openNotifier(pool, (notices) => streams.wake(notices), onError);
  const importJobs = openImportJobs({ pool, config, notifier, onError });
  const cleanupJobs = startCleanupJobs(pool, config.mailbox, onError);
  const latestMigration = readMigrations().at(-1)!.name;
  const app = createApp({
    config,
    pool,
    log,
    secrets: keys.secrets,
    encryption,
    hashUsername,
    notifier,
    streams,
    importJobs,
    latestMigration,
    isStopping,
  });
  return {
    app,
    close: async () => {
      keys.close();
      cleanupJobs.close();
      streams.close();
      await importJobs.close();
      await notifier.close();
    },
  };
}

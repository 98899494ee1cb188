// The context of one process: everything with state, made once, and closed together.
import { countErrors } from '../admin/health/error-counts.ts';
import type { AppContext } from '../app.ts';
import { createHashingLimiter } from '../accounts/passwords.ts';
import { openUsedUsernames } from '../accounts/used-usernames.ts';
import type { Config } from '../config.ts';
import { readMigrations } from '../database/migration-files.ts';
import type { Pool } from '../database/pool.ts';
import { openSigningKeys } from '../database/signing-keys.ts';
import { nobody } from '../ids.ts';
import type { Notice } from '../mailbox/live/changes.ts';
import { openNotifier } from '../mailbox/live/notifier.ts';
import { openStreams } from '../mailbox/live/streams.ts';
import { createEncryption } from '../secrets/encryption.ts';
import { readSecretKey } from '../secrets/secret-key.ts';
import { openImportJobs } from '../transfers/imports/jobs.ts';
import { createCookies } from '../web/cookies.ts';
import type { Log } from '../web/log.ts';
import { createRateLimits } from '../web/rate-limits.ts';
import { openSite } from '../web/site.ts';

export interface OpenContext {
  ctx: AppContext;
  close: () => Promise<void>; // ends what would keep the process or its open pages waiting
}

export async function openContext(
  config: Config,
  pool: Pool,
  log: Log,
  isStopping: () => boolean = () => false,
): Promise<OpenContext> {
  const onError = (error: Error) => log.error({ err: error }, 'background');
  const errors = countErrors(pool, log);
  const encryption = createEncryption(readSecretKey(config.dataDir));
  const keys = await openSigningKeys(pool, onError);
  const hashUsername = await openUsedUsernames(pool, encryption, (line) =>
    console.error(`private-messages: ${line}`),
  );
  const { site, reload } = await openSite(pool, config, onError);
  const streams = openStreams(onError);
  const hear = (notices: Notice[] | undefined) => {
    streams.wake(notices);
    if (!notices || notices.some(({ ownerId }) => ownerId === nobody)) reload();
  };
  const notifier = openNotifier(pool, hear, onError);
  const base = {
    config,
    pool,
    log,
    encryption,
    cookies: createCookies(config, keys.secrets),
    rateLimits: createRateLimits(pool),
    limitHashing: createHashingLimiter(config.password),
    hashUsername,
    site,
    notifier,
    streams,
    latestMigration: readMigrations().at(-1)!.name,
    isStopping,
  };
  const importJobs = openImportJobs(base);
  return {
    ctx: { ...base, importJobs },
    close: async () => {
      keys.close();
      streams.close();
      await importJobs.close();
      await errors.close();
      await notifier.close();
    },
  };
}

// The nightly run: a backup, then those that are too many go, a rehearsal once a week, and word to administrators.
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { tryConnectionLock } from '../database/locks.ts';
import type { OpenDatabase } from '../database/open.ts';
import { StartupError } from '../startup-error.ts';
import { isPublicKey } from './age-keys.ts';
import { withOwner } from './connection.ts';
import { shortenDeletions } from './deletions.ts';
import { checkEncrypted } from './check-encrypted.ts';
import { databaseNow, findLast, findNightlyBackup, writeBackupFacts } from './facts.ts';
import { listBackups, removeSurplus } from './kept.ts';
import { rehearse } from './rehearse.ts';
import { isBackupDue, isRehearsalDue } from './schedule.ts';
import { findTroubles, tellAdministrators, type Trouble } from './trouble.ts';
import { writeBackup } from './write.ts';

export interface NightlyRun {
  config: Pick<Config, 'dataDir' | 'backups'>;
  database: Pick<OpenDatabase, 'pool' | 'address'>;
  tell: (line: string) => void; // for the log
  signal?: AbortSignal;
}

/** Does what is due, in one process at a time. `tell` gets every failure. */
export async function runNightly(run: NightlyRun): Promise<void> {
  const { config, database, tell } = run;
  const { folder } = config.backups;
  if (folder === undefined) return;
  await withOwner(database.address, 'The nightly backup ended', async (client) => {
    if (!(await tryConnectionLock(client, 'nightly backup'))) return;
    const now = await databaseNow(client);
    await attempt(tell, () => backUp(run, folder, now));
    const troubles = new Map<Trouble, string>();
    const failure = await attempt(tell, () => rehearseNewest(run, folder, now));
    if (failure) troubles.set('rehearsal', `A test of the newest backup failed: ${failure}`);
    if (run.signal?.aborted) return;
    await attempt(tell, async () => {
      for (const [kind, sentence] of await findTroubles(folder, now)) troubles.set(kind, sentence);
    });
    await tellAdministrators(database.pool, troubles, now);
  });
}

/** Returns why it failed. */
async function attempt(tell: (line: string) => void, work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    tell(message);
    return message;
  }
}

async function backUp({ config, database, signal }: NightlyRun, folder: string, now: Date): Promise<void> {
  if (!isBackupDue(await findNightlyBackup(database.pool), now)) return;
  const { keep, publicKey } = config.backups;
  if (publicKey !== undefined && !isPublicKey(publicKey))
    throw new StartupError('No backup was made: BACKUP_PUBLIC_KEY has a typing error.');
  const backup = await writeBackup({
    address: database.address,
    folder,
    ...(publicKey !== undefined && { recipient: { publicKey } }),
    ...(signal && { signal }),
  });
  await writeBackupFacts(database.pool, backup, true);
  await removeSurplus(folder, keep, backup);
  const [oldest] = await listBackups(folder);
  if (oldest) await shortenDeletions(database.pool, folder, new Date(oldest.madeAt));
}

/** Where the key is not, as is usual, only the bytes of the file are checked. */
async function rehearseNewest(
  { config, database, signal }: NightlyRun,
  folder: string,
  now: Date,
): Promise<void> {
  const newest = (await listBackups(folder)).at(-1);
  if (!newest) return;
  const file = join(folder, newest.name);
  const isEncrypted = newest.name.endsWith('.age');
  if (!isRehearsalDue(await findLast(database.pool, isEncrypted ? 'backup-check' : 'rehearsal'), now)) return;
  if (isEncrypted) return checkEncrypted(database.pool, file);
  await rehearse({ ...database, config, file, tell: () => {}, signal });
}

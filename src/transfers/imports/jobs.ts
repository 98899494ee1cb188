// Import jobs: the upload arrives with its request; reading and writing run in the background of this process.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { asOwner } from '../../database/owner.ts';
import { isDatabaseAway, type Pool } from '../../database/pool.ts';
import { findRun } from '../exports/queries.ts';
import type { MailboxContext } from '../../mailbox/context.ts';
import { HttpError } from '../../web/errors.ts';
import { startHeartbeat, Stopped, type Heartbeat } from './heartbeat.ts';
import { deleteImport, endImport, insertImport, type ImportResult, type JobKey } from './job-queries.ts';
import { createImportSlots } from './import-slots.ts';
import { receiveFile, type Upload } from './receive.ts';
import { Unreadable } from './unreadable.ts';
import { checkMessages, writeMessages, type SpooledFile } from './write.ts';

// After the upload. On two busy cores 100,000 messages of 1,900 characters take 20 min, the largest file 4 times that.
const maxImportMs = 6 * 60 * 60_000;

export interface ImportJobs {
  /** Resolves when the file has arrived or the import was ended. Throws Unreadable or HttpError when refused. */
  start(upload: Upload): Promise<void>;
  /** Interrupts all imports of this process: none writes anything, and their pages say why. */
  close(): Promise<void>;
}

export function openImportJobs({ config, pool, log, notifier }: MailboxContext): ImportJobs {
  const onError = (error: Error) => log.error({ err: error }, 'background');
  const slots = createImportSlots();
  const running = new Set<Heartbeat>();
  const files = new Set<Promise<void>>();
  let isClosed = false;

  const open = async (key: JobKey, upload: Upload): Promise<Heartbeat> => {
    await claim(pool, key, upload);
    const heartbeat = startHeartbeat(pool, key, upload.size);
    running.add(heartbeat);
    return heartbeat;
  };
  const end = async (key: JobKey, heartbeat: Heartbeat, result?: ImportResult): Promise<void> => {
    heartbeat.end();
    running.delete(heartbeat);
    if (result) await endImport(pool, key, result).catch(onError);
    notifier.notify([key.userId]);
  };

  const receive = async (key: JobKey, heartbeat: Heartbeat, upload: Upload) => {
    try {
      const file = await receiveFile(upload, heartbeat, join(config.dataDir, 'uploads'));
      await heartbeat.enter('waiting');
      return file;
    } catch (error) {
      const { aborted, reason } = heartbeat.signal;
      const isAnswered = !aborted && (error instanceof Unreadable || (error as HttpError).status === 503);
      await end(key, heartbeat, isAnswered ? undefined : resultOf(aborted ? reason : error));
      if (isAnswered) await deleteImport(pool, key);
      if (aborted) return undefined;
      throw error;
    }
  };

  /** Everything after the upload. Never rejects. */
  const work = async (spooled: SpooledFile): Promise<void> => {
    const { key, heartbeat, file } = spooled;
    const { signal } = heartbeat;
    const tooLong = () =>
      heartbeat.stop(new Unreadable('Reading and writing it took longer than six hours.'));
    const limit = setTimeout(tooLong, maxImportMs);
    let result: ImportResult | undefined;
    try {
      await slots.limit(async () => {
        signal.throwIfAborted();
        await checkMessages(pool, config.mailbox, spooled);
        await writeMessages(pool, config.mailbox, spooled);
      });
    } catch (error) {
      result = resultOf(signal.aborted ? signal.reason : error);
      if (result.outcome === 'failed' || (result.outcome === 'interrupted' && !isClosed))
        onError(error as Error);
    }
    clearTimeout(limit);
    await file.close().catch(onError);
    await end(key, heartbeat, result);
  };

  return {
    start: (upload) =>
      asOwner(upload.userId, async () => {
        if (isClosed) throw new HttpError(503, 'The server is restarting. Nothing was imported.', 10);
        const releaseSlot = slots.take();
        const key = { userId: upload.userId, job: randomUUID() };
        let done = Promise.resolve();
        try {
          const heartbeat = await open(key, upload);
          const file = await receive(key, heartbeat, upload);
          if (!file) return;
          const { ownAddresses } = upload;
          done = work({ file, size: heartbeat.progress.bytesRead, ownAddresses, key, heartbeat });
          files.add(done);
        } finally {
          void done.then(() => {
            files.delete(done);
            releaseSlot();
          });
        }
      }),
    close: async () => {
      isClosed = true;
      for (const heartbeat of running) heartbeat.stop(new Stopped('interrupted'));
      await Promise.all(files);
    },
  };
}

/** Allows one import per user across all processes, and none during an export, whose files would differ. */
async function claim(pool: Pool, key: JobKey, { sid, size, typedAddresses }: Upload): Promise<void> {
  if (!(await insertImport(pool, key, { sid, bytesTotal: size, ownAddresses: typedAddresses })))
    throw new Unreadable('Another import is running. Try again when it is done.');
  // Import and export both insert their own row before they look for the other's, so they cannot miss each other.
  if (!(await findRun(pool, key.userId))) return;
  await deleteImport(pool, key);
  throw new Unreadable('An export is running. Try again when it is complete.');
}

function resultOf(error: unknown): ImportResult {
  if (error instanceof Stopped) return { outcome: error.outcome };
  if (error instanceof Unreadable)
    return { outcome: 'refused', message: `${error.message} Nothing was imported.` };
  if (error instanceof HttpError) return { outcome: 'refused', message: error.message };
  return { outcome: isDatabaseAway(error) ? 'interrupted' : 'failed' };
}

// One export of one person under way: one at a time, its progress kept where every process can read it.
import { randomUUID } from 'node:crypto';
import type { Pool } from '../database/pool.ts';
import { lowestId } from '../ids.ts';
import { isImporting } from '../imports/queries.ts';
import type { OwnCopy } from './own-copy.ts';
import { endRun, keepRun, listCopies, measureMailbox, startRun, type Extent } from './queries.ts';

const beatMs = 5000;

export interface Run {
  /**
   * All messages from the oldest on, in batches, and from the beginning each time it is called. Rejects at the end when
   * the export must end: then messages may be missing, as while an account is being removed.
   */
  readCopies(): AsyncGenerator<OwnCopy[]>;
  /** Aborted when the export must end, as after its person was signed out. */
  signal: AbortSignal;
  /** Rejects when the export must end, which is asked now; to be called before it counts as whole. */
  confirm: () => Promise<void>;
  /** Makes room for the next one; twice does no harm. */
  end: () => Promise<void>;
}

/**
 * Begins an export in which the mailbox is read `times` times. Not while one is being made already, nor while an import
 * is being written, whose messages would be in some of the files only: each of the two leaves its mark before it looks
 * for that of the other.
 */
export async function beginRun(
  pool: Pool,
  userId: string,
  sid: string,
  times: number,
): Promise<Run | 'one is being made' | 'an import is being written'> {
  const run = randomUUID();
  const extent = await measureMailbox(pool, userId);
  if (!(await startRun(pool, userId, run, extent.total))) return 'one is being made';
  if (await isImporting(pool, userId)) {
    await endRun(pool, userId, run);
    return 'an import is being written';
  }

  const stop = new AbortController();
  let read = 0;
  let isOver = false; // a beat may still be on its way when the run is removed
  const keep = async () => {
    const done = Math.min(extent.total, Math.floor(read / times));
    if (!(await keepRun(pool, userId, run, sid, done)) && !isOver) stop.abort();
    stop.signal.throwIfAborted();
  };
  // A beat that fails is one too few; a database that stays away ends the export by itself.
  const beat = setInterval(() => void keep().catch(() => {}), beatMs);
  return {
    signal: stop.signal,
    async *readCopies() {
      for await (const copies of readBatches(pool, userId, extent)) {
        read += copies.length;
        yield copies;
      }
      await keep();
    },
    confirm: keep,
    end: async () => {
      isOver = true;
      clearInterval(beat);
      await endRun(pool, userId, run);
    },
  };
}

/** No connection is held between two batches: whoever reads slowly keeps nobody else waiting. */
async function* readBatches(pool: Pool, ownerId: string, { upTo }: Extent): AsyncGenerator<OwnCopy[]> {
  let last = lowestId;
  for (;;) {
    const copies = await listCopies(pool, ownerId, last, upTo);
    if (copies.length === 0) return;
    yield copies;
    last = copies.at(-1)!.id;
  }
}

// One export of one person under way: one at a time, its progress kept where every process can read it.
import { randomUUID } from 'node:crypto';
import { asOwner } from '../../database/owner.ts';
import type { Pool } from '../../database/pool.ts';
import { isImporting } from '../imports/job-queries.ts';
import type { OwnCopy } from '../message-record.ts';
import { measurePart, type Part } from './parts.ts';
import { endRun, keepRun, listCopies, setTotal, startRun, type PartStart } from './queries.ts';

const beatMs = 5000;

export interface Run {
  /**
   * All its messages from the oldest on, in batches, and from the beginning each time it is called. Rejects at the end
   * when the export must end: then messages may be missing, as while an account is being removed.
   */
  readCopies(): AsyncGenerator<OwnCopy[]>;
  /** Aborted when the export must end, as after its person was signed out. */
  signal: AbortSignal;
  /** Whether a further file comes after this one. */
  hasMore: boolean;
  /** Rejects when the export must end, which is asked now; to be called before it counts as whole. */
  confirm: () => Promise<void>;
  /** Makes room for the next one, which is the same again unless this one is whole; a second call does nothing. */
  end: (isWhole?: boolean) => Promise<void>;
}

/**
 * Begins a file of an export, for which the mailbox is read `times` times. Not while one is being made already, nor while
 * an import is running, whose messages would be in some of the files only: each of the two leaves its mark before it
 * looks for that of the other.
 */
export async function beginRun(
  pool: Pool,
  userId: string,
  sid: string,
  start: PartStart,
  times: number,
): Promise<Run | 'one is being made' | 'an import is running'> {
  const run = randomUUID();
  const { after } = start;
  if (!(await startRun(pool, userId, run, start))) return 'one is being made';
  if (await isImporting(pool, userId)) {
    await endRun(pool, userId, run, start);
    return 'an import is running';
  }
  const part = await measurePart(pool, userId, after);
  await setTotal(pool, userId, run, part.total);

  const stop = new AbortController();
  let read = 0;
  let isOver = false; // a beat may still be on its way when the run is removed
  const keep = async () => {
    const done = Math.min(part.total, Math.floor(read / times));
    if (!(await asOwner(userId, () => keepRun(pool, userId, run, sid, done))) && !isOver) stop.abort();
    stop.signal.throwIfAborted();
  };
  // A beat that fails is one too few; a database that stays away ends the export by itself.
  const beat = setInterval(() => void keep().catch(() => {}), beatMs);
  return {
    signal: stop.signal,
    hasMore: part.hasMore,
    async *readCopies() {
      for await (const copies of readBatches(pool, userId, after, part)) {
        read += copies.length;
        yield copies;
      }
      await keep();
    },
    confirm: keep,
    end: async (isWhole = false) => {
      if (isOver) return;
      isOver = true;
      clearInterval(beat);
      await asOwner(userId, () => endRun(pool, userId, run, isWhole ? partAfter(start, part) : start));
    },
  };
}

function partAfter({ part }: PartStart, { upTo, hasMore }: Part): PartStart | undefined {
  return hasMore ? { part: part + 1, after: upTo } : undefined;
}

/** No connection is held between two batches: whoever reads slowly keeps nobody else waiting. */
async function* readBatches(
  pool: Pool,
  ownerId: string,
  after: string,
  { upTo }: Part,
): AsyncGenerator<OwnCopy[]> {
  let last = after;
  for (;;) {
    // Asked when the stream wants more, which may be outside of the request.
    const copies = await asOwner(ownerId, () => listCopies(pool, ownerId, last, upTo));
    if (copies.length === 0) return;
    yield copies;
    last = copies.at(-1)!.id;
  }
}

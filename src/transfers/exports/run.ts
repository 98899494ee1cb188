// An export run: one at a time per user, with its progress in the database for every process to read.
import { randomUUID } from 'node:crypto';
import { asOwner } from '../../database/owner.ts';
import type { Pool } from '../../database/pool.ts';
import { isImporting } from '../imports/job-queries.ts';
import type { OwnCopy } from '../message-record.ts';
import { measurePart, type Part } from './parts.ts';
import { endRun, keepRun, setTotal, startRun, type PartStart } from './queries.ts';
import { listCopies } from './message-queries.ts';

const beatMs = 5000;

export interface Run {
  /** All messages in batches, oldest first; each call starts over. Rejects at the end if some may be missing. */
  readCopies(): AsyncGenerator<OwnCopy[]>;
  signal: AbortSignal;
  hasMore: boolean;
  /** Rejects when the run must stop, which is checked now; call it before the export counts as complete. */
  confirm: () => Promise<void>;
  /** Allows the next export: the next part if this one is complete, else the same part again. Idempotent. */
  end: (isWhole?: boolean) => Promise<void>;
}

/** `times`: passes over the mailbox. Refused during an import, whose messages would be in some of the files only; both
 * register before they check for the other. */
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
  let isOver = false; // a heartbeat may still be in flight when the run is removed
  const keep = async () => {
    const done = Math.min(part.total, Math.floor(read / times));
    if (!(await asOwner(userId, () => keepRun(pool, userId, run, sid, done))) && !isOver) stop.abort();
    stop.signal.throwIfAborted();
  };
  // A failed heartbeat is skipped; when the database stays unavailable, the export fails by itself.
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

/** Holds no connection between batches, so that a slow reader blocks nobody. */
async function* readBatches(
  pool: Pool,
  ownerId: string,
  after: string,
  { upTo }: Part,
): AsyncGenerator<OwnCopy[]> {
  let last = after;
  for (;;) {
    // The stream may pull outside of the request's async context.
    const copies = await asOwner(ownerId, () => listCopies(pool, ownerId, last, upTo));
    if (copies.length === 0) return;
    yield copies;
    last = copies.at(-1)!.id;
  }
}

// Where one file of an export ends: a mailbox too large for one import comes in several files, each small enough.
import type { Pool } from '../../database/pool.ts';
import { uploadLimit } from '../imports/upload.ts';
import { findNewest, measureBatch, measuredAtOnce } from './queries.ts';

export interface Part {
  /** How many messages it has, and the last of them. */
  total: number;
  upTo: string;
  /** Whether more messages come after it. */
  hasMore: boolean;
}

// Weighing reads every message. A disk that takes longer makes a smaller file, not one that nobody waits for.
const patienceMs = 9000;

/** The part that begins after this id and ends at the newest message, or before where it would be too large. */
export async function measurePart(
  pool: Pool,
  ownerId: string,
  after: string,
  limit = uploadLimit,
): Promise<Part> {
  const deadline = Date.now() + patienceMs;
  const newest = await findNewest(pool, ownerId);
  const part: Part = { total: 0, upTo: after, hasMore: true };
  let room = limit;
  for (;;) {
    const { seen, fitting, weight, last } = await measureBatch(pool, ownerId, part.upTo, newest, room);
    part.total += fitting;
    part.upTo = last ?? part.upTo;
    room -= weight;
    if (seen === fitting && (seen < measuredAtOnce || part.upTo === newest))
      return { ...part, hasMore: false };
    if (fitting < seen || Date.now() > deadline) return part;
  }
}

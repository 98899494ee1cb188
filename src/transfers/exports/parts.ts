// Splits the export of a large mailbox into parts, each small enough for one import.
import type { Pool } from '../../database/pool.ts';
import { maxUploadBytes } from '../imports/upload.ts';
import { findNewest, measureBatch, measuredAtOnce } from './message-queries.ts';

export interface Part {
  total: number;
  upTo: string; // id of its last message
  hasMore: boolean;
}

// Measuring reads every message; a slow disk gets a smaller part, so that the user does not wait too long.
const patienceMs = 9000;

/** Measures the part after this id: up to the newest message, or what fits in `limit` bytes of zip. */
export async function measurePart(
  pool: Pool,
  ownerId: string,
  after: string,
  limit = maxUploadBytes,
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

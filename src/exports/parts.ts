// Where one file of an export ends: a mailbox too large for one import comes in several files, each small enough.
import type { Pool } from '../database/pool.ts';
import { uploadLimit } from '../imports/upload.ts';
import { measureBatch } from './queries.ts';

/** What a file of an export is about: the messages after this id, and its number. */
export interface PartStart {
  part: number;
  after: string;
}

export interface Part {
  /** How many messages it has, and the last of them. */
  total: number;
  upTo: string;
  /** Whether more messages come after it. */
  hasMore: boolean;
}

// The largest message there is, weighed as in `measureBatch`: 10,000 characters and a name of 320, of 4 bytes each.
const maxWeight = 3.2 * 40_000 + 5 * 1280 + 1500;
// Weighing reads every message. A disk that takes longer makes a smaller file, not one that nobody waits for.
const patienceMs = 6000;

/** The part that begins after this id and ends at the newest message, or before where it would be too large. */
export async function measurePart(
  pool: Pool,
  ownerId: string,
  after: string,
  rest: Omit<Part, 'hasMore'>,
  limit = uploadLimit,
): Promise<Part> {
  if (rest.total * maxWeight <= limit) return { ...rest, hasMore: false };
  const deadline = Date.now() + patienceMs;
  const part: Part = { total: 0, upTo: after, hasMore: true };
  let room = limit;
  for (;;) {
    const { seen, fitting, weight, last } = await measureBatch(pool, ownerId, part.upTo, rest.upTo, room);
    part.total += fitting;
    part.upTo = last ?? part.upTo;
    room -= weight;
    if (seen === 0) return { ...part, hasMore: false };
    if (fitting < seen || Date.now() > deadline) return part;
  }
}

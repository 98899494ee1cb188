// Sortable ids: UUID version 7 (RFC 9562, 5.7), whose first 48 bits are milliseconds since 1970.
import { randomInt, randomUUIDv7 } from 'node:crypto';
import { now } from './clock.ts';

// The last id's millisecond and its 12-bit counter within that millisecond (RFC 9562, 6.2, method 1).
let lastMs = 0;
let count = 0;
const maxCount = 0xfff;

/** A new id for now or `at`; ids that one process creates for the same moment sort in creation order. */
export function newId(at?: Date): string {
  const random = randomUUIDv7();
  const present = now().getTime();
  let ms = at?.getTime() ?? Math.max(present, lastMs);
  if (ms < lastMs || ms > present + 1000) return timePart(ms) + random.slice(13); // not for now
  if (!at && ms === lastMs && count === maxCount) ms += 1;
  count = ms > lastMs ? randomInt(maxCount >> 1) : Math.min(count + 1, maxCount);
  lastMs = ms;
  return `${timePart(ms)}-7${count.toString(16).padStart(3, '0')}${random.slice(18)}`;
}

function timePart(ms: number): string {
  const hex = ms.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}

/** A deterministic id for this moment and these bytes (at least 10). */
export function idFrom(at: Date, bytes: Buffer): string {
  const [hex, variant] = [bytes.toString('hex'), (8 + (bytes[0]! % 4)).toString(16)];
  return `${timePart(at.getTime())}-7${hex.slice(2, 5)}-${variant}${hex.slice(5, 8)}-${hex.slice(8, 20)}`;
}

export function bytesOfId(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

export function idOfBytes(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export function timeOf(id: string): number {
  return parseInt(id.slice(0, 8) + id.slice(9, 13), 16); // milliseconds since 1970
}

/** The lowest id a message of this moment can have: a boundary for lists. */
export function lowestIdAt(at: Date): string {
  return `${timePart(at.getTime())}-0000-0000-000000000000`;
}

export const lowestId = '00000000-0000-0000-0000-000000000000';
export const highestId = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

export const nobody = lowestId; // the other party of notices and imported messages

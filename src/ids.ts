// Ids that sort by time: UUID version 7 (RFC 9562, 5.7), the first 48 bits of which are milliseconds since 1970.
import { randomInt, randomUUIDv7 } from 'node:crypto';
import { now } from './clock.ts';

// What the last id had: its millisecond, and its 12 bits below that, which count within one (RFC 9562, 6.2, method 1).
let lastMs = 0;
let count = 0;
const maxCount = 0xfff;

/** A new id, of now or of another moment. Those of one process and moment sort in the order in which they were made. */
export function newId(at?: Date): string {
  const random = randomUUIDv7();
  const present = now().getTime();
  let ms = at?.getTime() ?? Math.max(present, lastMs);
  if (ms < lastMs || ms > present + 1000) return timePart(ms) + random.slice(13); // not of now
  if (!at && ms === lastMs && count === maxCount) ms += 1;
  count = ms > lastMs ? randomInt(maxCount >> 1) : Math.min(count + 1, maxCount);
  lastMs = ms;
  return `${timePart(ms)}-7${count.toString(16).padStart(3, '0')}${random.slice(18)}`;
}

function timePart(ms: number): string {
  const hex = ms.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}

/** The id of this moment that these bytes, at least ten, stand for: the same for the same. */
export function idFrom(at: Date, bytes: Buffer): string {
  const [hex, variant] = [bytes.toString('hex'), (8 + (bytes[0]! % 4)).toString(16)];
  return `${timePart(at.getTime())}-7${hex.slice(2, 5)}-${variant}${hex.slice(5, 8)}-${hex.slice(8, 20)}`;
}

/** The 16 bytes of an id, for what has no room for its 36 characters. */
export function bytesOfId(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

/** The id whose 16 bytes these are. */
export function idOfBytes(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** The moment that an id is of, in milliseconds since 1970. */
export function timeOf(id: string): number {
  return parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** The lowest id that a message of this moment can have: a boundary in every list. */
export function lowestIdAt(at: Date): string {
  return `${timePart(at.getTime())}-0000-0000-000000000000`;
}

/** Below and above every id. */
export const lowestId = '00000000-0000-0000-0000-000000000000';
export const highestId = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Nobody's id: at the other end of a notice, and of what was imported. */
export const nobody = lowestId;

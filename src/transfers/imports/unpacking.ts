// How much may come out of one file, however it is packed: counted as it comes out, whatever the file says about itself.
import { Unreadable } from './unreadable.ts';

/** In bytes. */
export const unpackedLimit = 4_000_000_000;
// An export of nothing but one emoji, the worst there can be, comes to 200 with its three files.
export const unpackedTimes = 500;
// A small file may unpack to so much, whatever its size.
const unpackedFreely = 100_000_000;

export interface Unpacking {
  /** Counts bytes that have come out, or will. Throws Unreadable when they are too many. */
  add(bytes: number): void;
  /** Throws Unreadable when so many more would be too many. */
  expect(bytes: number): void;
}

/** For a file of this size, in bytes. */
export function createUnpacking(size: number): Unpacking {
  const limit = Math.min(unpackedLimit, Math.max(unpackedFreely, unpackedTimes * size));
  let unpacked = 0;
  const check = (bytes: number) => {
    if (bytes <= limit) return;
    throw new Unreadable(
      bytes > unpackedLimit
        ? 'This file unpacks to more than 4 GB.'
        : `This file unpacks to more than ${unpackedTimes} times its size, as no mail does.`,
    );
  };
  return {
    add: (bytes) => check((unpacked += bytes)),
    expect: (bytes) => check(unpacked + bytes),
  };
}

// Decompression bomb guard: counts the actual output of a file, whatever the file says about its size.
import { Unreadable } from './unreadable.ts';

export const maxUnpackedBytes = 4_000_000_000; // bytes
// The worst export, nothing but one repeated emoji, reaches 200 with its three files.
export const maxUnpackedRatio = 500;
const unpackedFreely = 100_000_000; // bytes, for any file, however small

export interface Unpacking {
  /** Throws Unreadable when the total exceeds the limit. */
  add(bytes: number): void;
  /** Like add, for bytes still to come: checks without counting them. */
  expect(bytes: number): void;
}

export function createUnpacking(size: number): Unpacking {
  const limit = Math.min(maxUnpackedBytes, Math.max(unpackedFreely, maxUnpackedRatio * size));
  let unpacked = 0;
  const check = (bytes: number) => {
    if (bytes <= limit) return;
    throw new Unreadable(
      bytes > maxUnpackedBytes
        ? 'This file unpacks to more than 4 GB.'
        : `This file unpacks to more than ${maxUnpackedRatio} times its size, as no mail does.`,
    );
  };
  return {
    add: (bytes) => check((unpacked += bytes)),
    expect: (bytes) => check(unpacked + bytes),
  };
}

// Content-Length in mailboxes (mboxcl, mboxcl2): the length of the body, in which nothing is quoted then.
// Trusted only where the next mail begins exactly there: many mails carry a wrong one from elsewhere.
import { withoutReturn } from './lines.ts';
import { mayBeBorder } from './mbox-borders.ts';

const maxAhead = 4_000_000; // bytes
const maxLinesAhead = 200_000;

/** Unread lines and the file offset of each; one more offset marks their end. */
export interface Ahead {
  lines: string[];
  offsets: number[];
}

export type ContentLength = ReturnType<typeof createContentLength>;

export function createContentLength() {
  let isInHeaders = true;
  let length: number | undefined;
  let end: number | undefined; // in the file
  let isTrue: boolean | undefined;

  /** Whether the mail ends at `end`, judging by the lines from `at` on; undefined when they do not reach that far. */
  function check({ lines, offsets }: Ahead, at: number, isLast: boolean): boolean | undefined {
    const index = firstFrom(offsets, at, end!);
    if (index >= lines.length) return isLast ? Math.abs(offsets.at(-1)! - end!) <= 2 : undefined;
    if (offsets[index]! > end! + 2) return false;
    const [line = '', next = ''] = lines.slice(index, index + 2);
    if (withoutReturn(line) !== '') return mayBeBorder(line);
    if (index + 1 < lines.length || isLast) return mayBeBorder(next) || index + 1 >= lines.length;
    return undefined;
  }

  return {
    line(words: string, behind: number): void {
      if (!isInHeaders) return;
      if (words === '') {
        isInHeaders = false;
        if (length !== undefined) end = behind + length;
      }
      const [, digits] = /^content-length:\s{0,10}(\d{1,10})\s*$/i.exec(words.slice(0, 60)) ?? [];
      if (digits) length = Number(digits);
    },
    /** Whether the line at `at` is still text of the mail; undefined when more lines are needed to tell. */
    covers(ahead: Ahead, at: number, isLast: boolean): boolean | undefined {
      const offset = ahead.offsets[at]!;
      if (end === undefined || offset >= end || isTrue === false) return false;
      const isFar = end - offset > maxAhead || ahead.lines.length - at > maxLinesAhead;
      if (isTrue === undefined) isTrue = isFar ? false : check(ahead, at, isLast);
      return isTrue;
    },
  };
}

/** Lower bound by binary search, since each mail of a mailbox may ask for an offset far ahead. */
function firstFrom(sorted: number[], low: number, value: number): number {
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

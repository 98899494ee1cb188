// Content-Length in a mailbox (mboxcl, mboxcl2): how long the text of a mail is, so that nothing in it has to be quoted.
// Believed only where the next mail begins exactly there: many mails bring one along from elsewhere.
import { withoutReturn } from './lines.ts';
import { mayBeBorder } from './mbox-borders.ts';

// In bytes: further ahead nobody looks.
const maxAhead = 4_000_000;
const maxLinesAhead = 200_000;

/** Lines that have come but are not read yet, and where each begins in the file; one more offset says where they end. */
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

  /** Whether the mail ends at `end`, as the lines from `at` on show; undefined when they do not reach so far. */
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
    /** Each line of the mail, and where in the file it ends. */
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

/** The first from `low` on that is not less. By halves: each mail of a mailbox can ask for one that is far ahead. */
function firstFrom(sorted: number[], low: number, value: number): number {
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

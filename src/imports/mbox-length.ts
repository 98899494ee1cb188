// Content-Length in a mailbox (mboxcl, mboxcl2): how long the text of a mail is, so that nothing in it has to be quoted.
// Believed only where the next mail begins exactly there: many mails bring one along from elsewhere.
import { withoutReturn } from './lines.ts';
import { mayBeBorder } from './mbox-borders.ts';

// In bytes: further ahead nobody looks.
const maxAhead = 4_000_000;

export type ContentLength = ReturnType<typeof createContentLength>;

export function createContentLength() {
  let isInHeaders = true;
  let length: number | undefined;
  let end: number | undefined; // in the file
  let isTrue: boolean | undefined;

  /** Whether the mail ends at `end`, as these lines from `at` on show; undefined when they do not reach so far. */
  function check(offset: number, lines: string[], at: number, isLast: boolean): boolean | undefined {
    let start = offset;
    for (let index = at; index < lines.length; index += 1) {
      if (start >= end!) {
        if (start > end! + 2) return false;
        const [line = '', next = ''] = lines.slice(index, index + 2);
        if (withoutReturn(line) !== '') return mayBeBorder(line);
        if (index + 1 < lines.length || isLast) return mayBeBorder(next) || index + 1 >= lines.length;
        return undefined;
      }
      start += lines[index]!.length + 1;
    }
    return isLast ? Math.abs(start - end!) <= 2 : undefined;
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
    /** Whether what begins at this offset is still text of the mail; undefined when more lines are needed to tell. */
    covers(offset: number, lines: string[], at: number, isLast: boolean): boolean | undefined {
      if (end === undefined || offset >= end || isTrue === false) return false;
      if (isTrue === undefined) isTrue = end - offset > maxAhead ? false : check(offset, lines, at, isLast);
      return isTrue;
    },
  };
}

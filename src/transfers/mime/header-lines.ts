// Which lines are headers. Some programs lose a line's indentation or the blank line at the end, so that a look at what
// follows has to decide.
import { keepRawBytes } from './raw-headers.ts';
import type { MimeTree } from './mime-tree.ts';

// Far beyond what anybody writes.
const maxHeadersLength = 200_000;
const maxHeaderLength = 20_000; // so that those behind a very long one are read
const maxPartHeaderLength = 4000; // those of a part say what kind it is, and its name
const maxHeld = 20;

const header = /^[!-9;-~]{1,100}[ \t]*:/;
const knownHeader =
  /^(?:from|to|cc|bcc|date|subject|sender|reply-to|received|return-path|message-id|in-reply-to|references|mime-version|content-[a-z-]+|status|delivered-to|resent-[a-z-]+|x-[\w-]+|dkim-signature|arc-[a-z-]+|list-[a-z-]+|newsgroups|path|envelope-to|authentication-results)[ \t]*:/i;

export function isHeader(line: string): boolean {
  return header.test(line.slice(0, 120));
}

export function isKnownHeader(line: string): boolean {
  return knownHeader.test(line.slice(0, 120));
}

export interface HeaderLines {
  /** Takes a line. When it shows that the headers are over: the lines that belong to the text already. */
  line(line: string): string[] | undefined;
  /** What has been held back, and belongs to the text when nothing more comes. */
  end(): string[];
  /** Whether there has been any since the last end. */
  isBegun(): boolean;
}

export function createHeaderLines(tree: MimeTree): HeaderLines {
  let headersLength = 0;
  let headerLength = 0;
  let held: string[] = [];

  function feed(line: string): void {
    if (!/^[ \t]/.test(line)) headerLength = 0;
    const maxLength = tree.currentNode === tree.root ? maxHeaderLength : maxPartHeaderLength;
    const left = Math.min(maxLength - headerLength, maxHeadersLength - headersLength);
    const kept = line.slice(0, Math.max(0, left));
    headerLength += kept.length;
    headersLength += kept.length;
    if (kept) tree.currentNode.feed(Buffer.from(keepRawBytes(kept)));
  }

  function end(): string[] {
    const first = held.findIndex((line) => line.trim() !== '');
    const words = first < 0 ? [] : held.slice(first);
    held = [];
    headersLength = 0;
    return words;
  }

  return {
    line(line) {
      // A line that is no header ends them, unless more follow: then it is one that has lost its indentation.
      if (held.length > 0 && !isKnownHeader(line)) {
        const isFolded = /^[ \t]/.test(line) && held.length < maxHeld;
        if (!isFolded) return [...end(), line];
        held.push(line);
        return undefined;
      }
      for (const words of held) if (words.trim()) feed(` ${words}`);
      held = [];
      const goesOn = /^[ \t]/.test(line) && line.trim() !== '' && headersLength > 0;
      if (line === '') return end();
      if (goesOn || isHeader(line)) feed(line);
      else if (!/^>?From /.test(line)) held.push(line);
      return undefined;
    },
    end,
    isBegun: () => headersLength > 0 || held.length > 0,
  };
}

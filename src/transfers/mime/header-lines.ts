// Separates headers from the body, with look-ahead for mail that lost its indentation or blank line.
import { keepRawBytes } from './raw-headers.ts';
import type { MimeTree } from './mime-tree.ts';

const maxHeadersLength = 200_000; // characters, far beyond real mail
const maxHeaderLength = 20_000; // so that headers after a very long one are read
const maxPartHeaderLength = 4000; // enough for the type and the name of a part
const maxHeld = 20;

const header = /^[!-9;-~]{1,100}[ \t]*:/;
const knownHeaders =
  'from|to|cc|bcc|date|subject|sender|reply-to|received|return-path|message-id|in-reply-to|references|mime-version|' +
  String.raw`content-[a-z-]+|status|delivered-to|resent-[a-z-]+|x-[\w-]+|dkim-signature|arc-[a-z-]+|list-[a-z-]+|` +
  'newsgroups|path|envelope-to|authentication-results';
const knownHeader = new RegExp(`^(?:${knownHeaders})[ \\t]*:`, 'i');

export function isHeader(line: string): boolean {
  return header.test(line.slice(0, 120));
}

export function isKnownHeader(line: string): boolean {
  return knownHeader.test(line.slice(0, 120));
}

export interface HeaderLines {
  /** Takes a line. When it shows that the headers are over, returns the lines that belong to the body. */
  line(line: string): string[] | undefined;
  end(): string[];
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
      // Any other line ends the headers, unless known headers follow: then it is a folded line without indentation.
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

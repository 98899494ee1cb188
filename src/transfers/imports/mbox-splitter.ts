// Splits an mbox (RFC 4155), or a file with a single mail, into mails, line by line.
import { withoutReturn } from './lines.ts';
import { isBorder, isMail, linesAhead, mayBeBorder } from './mbox-borders.ts';
import { createContentLength, type ContentLength } from './mbox-length.ts';
import { Unreadable } from './unreadable.ts';

// Max lines between mails, or before the first one.
const maxJunk = 1000;
const mmdfBorder = '\u0001\u0001\u0001\u0001';

export interface MailSink {
  /** `separator` is the line above the mail in its mailbox, '' for none. */
  open(separator: string): void;
  /** `words` is a line without its end. Await the result if it is a promise. */
  line(words: string, length: number): Promise<void> | undefined;
  close(): Promise<void>;
  /** Whether a MIME part is still open, so that the next line belongs to it. */
  isWithinParts(): boolean;
  isFull(): boolean;
  onJunk(): void;
}

interface OpenMail {
  isInMailbox: boolean;
  length: ContentLength;
  /** File offset of its end, where known (emlx). */
  endsAt: number;
}

export function createSplitter(sink: MailSink) {
  let lines: string[] = []; // unread from `at` on
  let offsets = [0];
  let at = 0;
  let mail: OpenMail | undefined;
  let isFirst = true;
  let junk = 0;
  let isBehindBlank = true;

  function open(separator: string, endsAt = Infinity): void {
    if (junk > 0 && isFirst) sink.onJunk();
    isFirst = false;
    mail = { isInMailbox: separator !== '', length: createContentLength(), endsAt };
    sink.open(separator);
  }

  async function close(): Promise<void> {
    if (!mail) return;
    mail = undefined;
    await sink.close();
  }

  /** Returns a promise only where needed: one for each line would cost too much. */
  function readLine(line: string): Promise<void> | undefined {
    at += 1;
    const offset = offsets[at]!;
    const words = withoutReturn(line);
    isBehindBlank = words === '';
    if (words === mmdfBorder) return close();
    if (!mail) {
      outside(words);
      return undefined;
    }
    if (offset > mail.endsAt + 2) return undefined;
    mail.length.line(words, offset);
    return sink.line(words, line.length);
  }

  function outside(words: string): void {
    if (words.trim() === '') return;
    // Apple's emlx: the length of the mail above it, and other data below.
    if (/^\d{1,10} *$/.test(words) && isMail(lines.slice(at, at + 200)))
      return open('', offsets[at]! + Number(words));
    if (isMail([words, ...lines.slice(at, at + 200)])) {
      at -= 1;
      open('');
      return;
    }
    if ((junk += 1) > maxJunk) throw noMail();
  }

  /** Undefined when more lines are needed to tell. */
  function beginsMail(line: string, isEnd: boolean): boolean | undefined {
    if (!mayBeBorder(line)) return false;
    // A single mail may contain a forwarded one, with its separator line in the middle of the text.
    if (mail && !mail.isInMailbox && (!isBehindBlank || sink.isWithinParts())) return false;
    const inText = mail?.length.covers({ lines, offsets }, at, isEnd);
    if (inText === undefined && mail) return undefined;
    if (inText) return false;
    if (lines.length - at <= linesAhead && !isEnd) return undefined;
    return isBorder(line, lines.slice(at + 1, at + 1 + linesAhead), isBehindBlank || !mail);
  }

  /** True when it stopped because the sink is full: take the mails, then call it again. */
  async function readAll(isEnd: boolean): Promise<boolean> {
    while (at < lines.length) {
      if (sink.isFull()) return true;
      const line = lines[at]!;
      const begins = beginsMail(line, isEnd);
      if (begins === undefined) break;
      if (begins) {
        await close();
        at += 1;
        open(withoutReturn(line));
        isBehindBlank = false;
      } else {
        const wait = readLine(line);
        if (wait) await wait;
      }
    }
    lines = lines.slice(at);
    offsets = offsets.slice(at);
    at = 0;
    return false;
  }

  return {
    add(more: string[]): void {
      for (const line of more) offsets.push(offsets.at(-1)! + line.length + 1);
      lines = lines.length > 0 ? lines.concat(more) : more;
    },
    read: () => readAll(false),
    /** Throws Unreadable when there was no mail at all. */
    async end(): Promise<boolean> {
      if (await readAll(true)) return true;
      await close();
      if (isFirst) throw noMail();
      return false;
    },
  };
}

function noMail(): Unreadable {
  return new Unreadable(
    'This file is neither a zip from an export, nor a mailbox (mbox), nor a mail (eml). In most mail programs, ' +
      '“Save as” or “Export” makes one of these.',
  );
}

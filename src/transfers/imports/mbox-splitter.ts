// Splits a mailbox (mbox, RFC 4155) or a mail alone into its mails, line by line.
import { withoutReturn } from './lines.ts';
import { isBorder, isMail, linesAhead, mayBeBorder } from './mbox-borders.ts';
import { createContentLength, type ContentLength } from './mbox-length.ts';
import { Unreadable } from './unreadable.ts';

// Between mails, or before the first one.
const maxJunk = 1000;
const mmdfBorder = '\u0001\u0001\u0001\u0001';

/** What becomes of the mails. */
export interface MailSink {
  /** A mail begins; `separator` is the line above it in its mailbox, '' for none. */
  open(separator: string): void;
  /** One of its lines, without its end. To be waited for when it is a promise. */
  line(words: string, length: number): Promise<void> | undefined;
  close(): Promise<void>;
  /** Whether the mail is in the middle of its parts, so that what stands there belongs to one of them. */
  isWithinParts(): boolean;
  /** Whether what has been read so far must be taken first. */
  isFull(): boolean;
  /** What stands before the first mail is none. */
  onJunk(): void;
}

interface OpenMail {
  /** Whether a line above it says that it stands in a mailbox. */
  isInMailbox: boolean;
  length: ContentLength;
  /** Where in the file its text is over, if something says so. */
  endsAt: number;
}

export function createSplitter(sink: MailSink) {
  let lines: string[] = []; // those not read yet, from `at` on
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

  /** To be waited for when it is a promise: most lines are not worth one. */
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

  /** What stands in no mail: blank lines, or junk before the first one. */
  function outside(words: string): void {
    if (words.trim() === '') return;
    // Apple's emlx: the length of the mail stands above it, and something else below.
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
    // A mail alone is often one that was sent on, with the line above another one in the middle of it.
    if (mail && !mail.isInMailbox && (!isBehindBlank || sink.isWithinParts())) return false;
    const inText = mail?.length.covers({ lines, offsets }, at, isEnd);
    if (inText === undefined && mail) return undefined;
    if (inText) return false;
    if (lines.length - at <= linesAhead && !isEnd) return undefined;
    return isBorder(line, lines.slice(at + 1, at + 1 + linesAhead), isBehindBlank || !mail);
  }

  /** Whether there is more to read, which waits until the mails so far have been taken. */
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
    'This file is neither a zip from an export, nor a mailbox (mbox), nor a mail (eml). In most mail programs, “Save as” or “Export” makes one of these.',
  );
}

// Reads a mailbox (mbox, RFC 4155) or a mail alone: one of ours exactly as it was exported, others as well as can be.
import type { OwnCopy } from '../exports/own-copy.ts';
import { mailDomain } from '../exports/mail-words.ts';
import { ownHeaders, ownSeparator } from '../exports/mbox-file.ts';
import { messagesOf, type MailContext } from './external-mail.ts';
import { addToReport } from './import-report.ts';
import { readLines, withoutReturn } from './lines.ts';
import { isBorder, isMail, linesAhead, mayBeBorder } from './mbox-borders.ts';
import { createContentLength, type ContentLength } from './mbox-length.ts';
import { decodeHeader } from './mime/headers.ts';
import { createMailParser, type Mail, type MailParser } from './mime/parse-mail.ts';
import { checkCopy } from './own-copy.ts';
import { Unreadable } from './unreadable.ts';

const ownId = new RegExp(`^<([\\da-f-]{36})@${mailDomain.replace('.', '\\.')}>$`);
// Some programs write an attachment as one line; beyond this nothing of it is kept.
const maxLine = 1_000_000;
// Between mails, or before the first one.
const maxJunk = 1000;
// So that whoever has no room for more stops soon.
const maxBatch = 100;
const mmdfBorder = '\u0001\u0001\u0001\u0001';

export type MailSource = Omit<MailContext, 'separator' | 'where'>;

interface OpenMail {
  parser: MailParser;
  separator: string;
  /** Whether it stands in a mailbox, in which lines are quoted. */
  isQuoted: boolean;
  length: ContentLength;
  /** Where in the file its text is over, if something says so. */
  endsAt: number;
  isCut: boolean;
  isBroken: boolean;
}

/** The messages, in batches. Throws Unreadable when there is no mail in it, or one of our messages is not whole. */
export async function* readMbox(source: AsyncIterable<Buffer>, from: MailSource): AsyncGenerator<OwnCopy[]> {
  const reader = createReader(from);
  for await (const lines of readLines(source, maxLine, 'cut')) {
    reader.add(lines);
    while (await reader.read()) yield reader.take();
    yield reader.take();
  }
  while (await reader.end()) yield reader.take();
  yield reader.take();
}

function createReader(from: MailSource) {
  let copies: OwnCopy[] = [];
  let lines: string[] = []; // those not read yet, from `at` on
  let at = 0;
  let offset = 0; // in the file, of the next line
  let mail: OpenMail | undefined;
  let count = 0;
  let junk = 0;
  let isBehindBlank = true;

  function open(separator: string, endsAt = Infinity): void {
    mail = {
      parser: createMailParser(),
      separator,
      isQuoted: separator !== '',
      length: createContentLength(),
      endsAt,
      isCut: false,
      isBroken: false,
    };
    count += 1;
    if (junk > 0 && count === 1) addToReport(from.report, 'unreadable', 'What stands before the first mail');
  }

  async function close(): Promise<void> {
    if (!mail) return;
    const { parser, separator, isCut, isBroken } = mail;
    mail = undefined;
    const where = `Mail ${count} in the file`;
    if (isBroken) return addToReport(from.report, 'unreadable', where);
    try {
      const whole = await parser.end();
      const isOwn = isOurs(whole, separator);
      whole.isCut ||= isCut;
      copies.push(...(isOwn ? [ownMessage(whole, where)] : messagesOf(whole, { ...from, separator, where })));
    } catch (error) {
      if (error instanceof Unreadable) throw error;
      addToReport(from.report, 'unreadable', where);
    }
  }

  /** To be waited for when it is a promise: most lines are not worth one. */
  function readLine(line: string): Promise<void> | undefined {
    at += 1;
    offset += line.length + 1;
    const words = withoutReturn(line);
    isBehindBlank = words === '';
    if (words === mmdfBorder) return close();
    if (!mail) {
      outside(words);
      return undefined;
    }
    if (offset > mail.endsAt + 2) return undefined;
    if (line.length === maxLine) mail.isCut = true;
    mail.length.line(words, offset);
    return parse(mail, words);
  }

  /** What one mail does to the parser is nothing to the others. */
  function parse(to: OpenMail, words: string): Promise<void> | undefined {
    const spoil = () => {
      to.isBroken = true;
    };
    if (to.isBroken) return undefined;
    try {
      return to.parser.line(to.isQuoted ? unquoted(words) : words)?.catch(spoil);
    } catch {
      spoil();
      return undefined;
    }
  }

  /** What stands in no mail: blank lines, or junk before the first one. */
  function outside(words: string): void {
    if (words.trim() === '') return;
    // Apple's emlx: the length of the mail stands above it, and something else below.
    if (/^\d{1,10} *$/.test(words) && isMail(lines.slice(at, at + 200)))
      return open('', offset + Number(words));
    if (isMail([words, ...lines.slice(at, at + 200)])) {
      at -= 1;
      offset -= lines[at]!.length + 1;
      open('');
      return;
    }
    if ((junk += 1) > maxJunk) throw noMail();
  }

  /** Undefined when more lines are needed to tell. */
  function beginsMail(line: string, isEnd: boolean): boolean | undefined {
    if (!mayBeBorder(line)) return false;
    const inText = mail?.length.covers(offset, lines, at, isEnd);
    if (inText === undefined && mail) return undefined;
    if (inText) return false;
    if (lines.length - at <= linesAhead && !isEnd) return undefined;
    return isBorder(line, lines.slice(at + 1, at + 1 + linesAhead), isBehindBlank || !mail);
  }

  /** Whether there is more to read, which waits until the messages so far have been taken. */
  async function readAll(isEnd: boolean): Promise<boolean> {
    while (at < lines.length) {
      if (copies.length >= maxBatch) return true;
      const line = lines[at]!;
      const begins = beginsMail(line, isEnd);
      if (begins === undefined) break;
      if (begins) {
        await close();
        at += 1;
        offset += line.length + 1;
        open(withoutReturn(line));
        isBehindBlank = false;
      } else {
        const wait = readLine(line);
        if (wait) await wait;
      }
    }
    lines = lines.slice(at);
    at = 0;
    return false;
  }

  return {
    add(more: string[]): void {
      lines = lines.length > 0 ? lines.concat(more) : more;
    },
    read: () => readAll(false),
    async end(): Promise<boolean> {
      if (await readAll(true)) return true;
      await close();
      if (count === 0) throw noMail();
      return false;
    },
    take(): OwnCopy[] {
      const taken = copies;
      copies = [];
      return taken;
    },
  };
}

function noMail(): Unreadable {
  return new Unreadable(
    'This file is neither a zip from an export, nor a mailbox (mbox), nor a mail (eml). In most mail programs, “Save as” or “Export” makes one of these.',
  );
}

function unquoted(line: string): string {
  return line.startsWith('>') ? line.replace(/^>(>*From )/, '$1') : line;
}

/** Headers alone prove nothing: whoever writes a mail chooses them. The line above it is of the program that kept it. */
function isOurs({ headers }: Mail, separator: string): boolean {
  return separator.startsWith(ownSeparator) && ownId.test(headers.get('message-id') ?? '');
}

function ownMessage({ headers, content }: Mail, where: string): OwnCopy {
  const header = (name: string) => {
    const value = headers.get(name.toLowerCase());
    return value === undefined ? null : decodeHeader(value);
  };
  const text = content?.toString() ?? '';
  if (content?.length !== Number(header(ownHeaders.length)))
    throw new Unreadable(`${where} is not whole: some of its text is missing.`);
  const claimed = {
    id: ownId.exec(header('Message-ID') ?? '')?.[1],
    box: header(ownHeaders.box),
    with: header(ownHeaders.other),
    notice: header(ownHeaders.notice) === 'yes',
    sentAt: header(ownHeaders.sentAt),
    unread: header(ownHeaders.unread) === 'yes',
    trashedAt: header(ownHeaders.trashedAt),
    body: text,
  };
  return checkCopy(claimed, where);
}

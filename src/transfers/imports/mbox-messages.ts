// Reads the messages of an mbox or eml file: our own exports exactly, external mail as far as possible.
import type { OwnCopy } from '../message-record.ts';
import { messagesOf, type ExternalMailContext } from './external-mail.ts';
import { addToReport } from './import-report.ts';
import { readLines } from './lines.ts';
import { createSplitter, type MailSink } from './mbox-splitter.ts';
import type { MailParser } from '../mime/mail.ts';
import { createMailParser } from '../mime/parse-mail.ts';
import { isOwnMail, ownMessage } from './own-mail.ts';
import { Unreadable } from './unreadable.ts';

// In bytes. Some programs write an attachment as one line; the rest of it is dropped.
const maxLine = 1_000_000;
// Small, so that an import over quota stops early.
const maxBatch = 100;

export type MailSource = Omit<ExternalMailContext, 'separator' | 'where'>;

interface OpenMail {
  parser: MailParser;
  separator: string;
  isQuoted: boolean;
  isCut: boolean;
  isBroken: boolean;
}

/** Yields the messages in batches. Throws Unreadable when there is no mail, or an exported message is incomplete. */
export async function* readMbox(source: AsyncIterable<Buffer>, from: MailSource): AsyncGenerator<OwnCopy[]> {
  const { sink, take } = createSink(from);
  const splitter = createSplitter(sink);
  for await (const lines of readLines(source, maxLine, 'cut')) {
    splitter.add(lines);
    while (await splitter.read()) yield take();
    yield take();
  }
  while (await splitter.end()) yield take();
  yield take();
}

function createSink(from: MailSource): { sink: MailSink; take: () => OwnCopy[] } {
  let copies: OwnCopy[] = [];
  let mail: OpenMail | undefined;
  let count = 0;

  function open(separator: string): void {
    count += 1;
    const isQuoted = separator !== '';
    mail = { parser: createMailParser(), separator, isQuoted, isCut: false, isBroken: false };
  }

  async function close(): Promise<void> {
    const { parser, separator, isCut, isBroken } = mail!;
    mail = undefined;
    const where = `Mail ${count} in the file`;
    if (isBroken) return addToReport(from.report, 'unreadable', where);
    try {
      const whole = await parser.end();
      const isOwn = isOwnMail(whole, separator);
      whole.isCut ||= isCut;
      copies.push(...(isOwn ? [ownMessage(whole, where)] : messagesOf(whole, { ...from, separator, where })));
    } catch (error) {
      if (error instanceof Unreadable) throw error;
      addToReport(from.report, 'unreadable', where);
    }
  }

  /** A mail that breaks the parser must not affect the others. */
  function line(words: string, length: number): Promise<void> | undefined {
    const to = mail!;
    const spoil = () => {
      to.isBroken = true;
    };
    if (length === maxLine) to.isCut = true;
    if (to.isBroken) return undefined;
    try {
      return to.parser.line(to.isQuoted ? unquoted(words) : words)?.catch(spoil);
    } catch {
      spoil();
      return undefined;
    }
  }

  return {
    sink: {
      open,
      line,
      close,
      isWithinParts: () => mail?.parser.isWithinParts() ?? false,
      isFull: () => copies.length >= maxBatch,
      onJunk: () => addToReport(from.report, 'unreadable', 'The text before the first mail'),
    },
    take: () => {
      const taken = copies;
      copies = [];
      return taken;
    },
  };
}

function unquoted(line: string): string {
  return line.startsWith('>') ? line.replace(/^>(>*From )/, '$1') : line;
}

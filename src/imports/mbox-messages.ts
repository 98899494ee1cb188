// Reads a mailbox in the mbox format (RFC 4155): one of ours exactly as it was exported, others as well as can be.
import type { OwnCopy } from '../exports/own-copy.ts';
import { mailDomain } from '../exports/mail-words.ts';
import { ownHeaders, ownSeparator } from '../exports/mbox-file.ts';
import { messagesOf } from './foreign-mail.ts';
import type { ImportReport } from './import-report.ts';
import { readLines } from './lines.ts';
import { decodeHeader } from './mail-headers.ts';
import { createMailReader, type Mail } from './mail.ts';
import { checkCopy } from './own-copy.ts';
import { Unreadable } from './unreadable.ts';

// In UTF-8, as latin1: some programs put it at the beginning of a file.
const byteOrderMark = '\u00EF\u00BB\u00BF';
const ownId = new RegExp(`^<([\\da-f-]{36})@${mailDomain.replace('.', '\\.')}>$`);
// Some programs write an attachment as one line.
const longest = 10_000_000;

/** The messages, in batches. Throws Unreadable when this is no mbox, or when one of our messages in it is not whole. */
export async function* readMbox(
  source: AsyncIterable<Buffer>,
  report: ImportReport,
): AsyncGenerator<OwnCopy[]> {
  let separator = '';
  let reader: ReturnType<typeof createMailReader> | undefined;
  let isAfterBlank = true;
  let count = 0;
  const finish = (): OwnCopy[] => {
    if (!reader) return [];
    count += 1;
    const mail = reader.end();
    return isOurs(mail, separator)
      ? [ownMessage(mail, `Mail ${count} in the file`)]
      : messagesOf(mail, separator, report);
  };
  for await (const lines of readLines(source, longest)) {
    const copies: OwnCopy[] = [];
    for (const line of lines) {
      const start = !reader && line.startsWith(byteOrderMark) ? line.slice(byteOrderMark.length) : line;
      if (isAfterBlank && /^From .*\d{4}\s*$/.test(start)) {
        copies.push(...finish());
        separator = start;
        reader = createMailReader();
        isAfterBlank = false;
        continue;
      }
      if (!reader) throw new Unreadable('This file is neither a zip from an export nor a mailbox (mbox).');
      reader.line(line.startsWith('>') ? line.replace(/^>(>*From )/, '$1') : line);
      isAfterBlank = line === '';
    }
    yield copies;
  }
  yield finish();
}

/** Headers alone prove nothing: whoever writes a mail chooses them. The line above it is of the program that kept it. */
function isOurs({ headers }: Mail, separator: string): boolean {
  return separator.startsWith(ownSeparator) && ownId.test(headers.get('message-id') ?? '');
}

function ownMessage({ headers, text }: Mail, where: string): OwnCopy {
  const header = (name: string) => {
    const value = headers.get(name.toLowerCase());
    return value === undefined ? null : decodeHeader(value);
  };
  if (Buffer.byteLength(text) !== Number(header(ownHeaders.length)))
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

// Restores messages exactly from the mails of our own export.
import type { OwnCopy } from '../message-record.ts';
import { mailDomain } from '../exports/mail-words.ts';
import { ownHeaders, ownSeparator } from '../exports/mbox-file.ts';
import { decodeHeader } from '../mime/headers.ts';
import type { Mail } from '../mime/mail.ts';
import { checkCopy } from './own-copy.ts';
import { Unreadable } from './unreadable.ts';

const ownId = new RegExp(`^<([\\da-f-]{36})@${mailDomain.replace('.', '\\.')}>$`);

/** Senders can forge headers, but not the separator line: that is written by the program that stored the mail. */
export function isOwnMail({ headers }: Mail, separator: string): boolean {
  return separator.startsWith(ownSeparator) && ownId.test(headers.get('message-id') ?? '');
}

/** Throws Unreadable when the mail is incomplete, or not as an export writes it. */
export function ownMessage({ headers, content }: Mail, where: string): OwnCopy {
  const header = (name: string) => {
    const value = headers.get(name.toLowerCase());
    return value === undefined ? null : decodeHeader(value);
  };
  const text = content?.toString() ?? '';
  if (content?.length !== Number(header(ownHeaders.length)))
    throw new Unreadable(`${where} is incomplete: some of its text is missing.`);
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

// mailbox.mbox of an export (RFC 4155, mboxrd), without the owner's name, so imports re-export unchanged.
import type { OwnCopy } from '../message-record.ts';
import { shorten } from '../../web/text.ts';
import {
  deletedAddress,
  headerText,
  mailAddress,
  mailDomain,
  noticeAddress,
  ownAddress,
} from './mail-words.ts';

export const ownHeaders = {
  box: 'X-Private-Messages-Box',
  other: 'X-Private-Messages-With',
  notice: 'X-Private-Messages-Notice',
  sentAt: 'X-Private-Messages-Sent-At',
  unread: 'X-Private-Messages-Unread',
  trashedAt: 'X-Private-Messages-Trashed-At',
  length: 'X-Private-Messages-Length', // of the body in bytes, to detect damage
};

const subjectLength = 60;

export async function* writeMbox(
  batches: AsyncIterable<OwnCopy[]>,
  siteName: string,
): AsyncGenerator<string> {
  for await (const copies of batches) yield copies.map((copy) => mailOf(copy, siteName)).join('');
}

/** Base64 preserves the body exactly, and none of its lines can look like a separator. */
function mailOf(copy: OwnCopy, siteName: string): string {
  const { id, box, other, isNotice, sentAt, trashedAt, isUnread, body } = copy;
  const bytes = Buffer.from(body);
  const correspondent = isNotice
    ? noticeAddress(siteName)
    : other === null
      ? deletedAddress
      : mailAddress(other);
  const [from, to] = box === 'sent' ? [ownAddress, correspondent] : [correspondent, ownAddress];
  const headers = [
    ['Message-ID', `<${id}@${mailDomain}>`],
    ['Date', sentAt.toUTCString().replace('GMT', '+0000')],
    ['From', from],
    ['To', to],
    ['Subject', headerText(beginning(body))],
    ['Status', isUnread ? 'O' : 'RO'],
    [ownHeaders.box, box],
    [ownHeaders.other, other === null ? undefined : headerText(other)],
    [ownHeaders.notice, isNotice ? 'yes' : undefined],
    [ownHeaders.sentAt, sentAt.toISOString()],
    [ownHeaders.unread, isUnread ? 'yes' : undefined],
    [ownHeaders.trashedAt, trashedAt?.toISOString()],
    [ownHeaders.length, String(bytes.length)],
    ['MIME-Version', '1.0'],
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['Content-Transfer-Encoding', 'base64'],
  ].filter(([, value]) => value !== undefined);
  const lines = [
    separator(sentAt),
    ...headers.map(([name, value]) => `${name}: ${value}`),
    '',
    base64(bytes),
  ];
  return `${lines.join('\n')}\n\n`;
}

export const ownSeparator = `From ${mailDomain} `;

/** `From … Tue Nov 24 03:27:57 2026`, in UTC. */
function separator(at: Date): string {
  const [weekday, day, month, year, time] = at.toUTCString().replace(',', '').split(' ');
  return `${ownSeparator}${weekday} ${month} ${day!.replace(/^0/, ' ')} ${time} ${year}`;
}

function beginning(body: string): string {
  const words = body
    .slice(0, 4 * subjectLength)
    .toWellFormed()
    .replaceAll(/\s+/g, ' ')
    .trim();
  return shorten(words, subjectLength).replace(/…$/, '...'); // keeps the header ASCII
}

/** Lines of 76 characters, the maximum (RFC 2045, 6.8). */
function base64(bytes: Buffer): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 57) lines.push(bytes.toString('base64', at, at + 57));
  return lines.join('\n');
}

// A mail from somewhere else as messages of ours.
import { createHash } from 'node:crypto';
import { bodyLimit } from '../compose/letter-form.ts';
import type { OwnCopy } from '../exports/own-copy.ts';
import { idFrom } from '../ids.ts';
import { addToReport, type ImportReport } from './import-report.ts';
import { readMailDate } from './mail-date.ts';
import { decodeHeader } from './mail-headers.ts';
import type { Mail } from './mail.ts';
import { nameLimit } from './own-copy.ts';

const day = 24 * 60 * 60 * 1000;
// Of a header, in characters: ten thousand recipients are not read by anybody.
const headLength = 2000;
// Room for the line that numbers the parts.
const partLength = bodyLimit - 20;

/**
 * The messages that a mail becomes: one, or several when it is longer than a message may be. It is read already, and in
 * the inbox, unless it is labelled as sent (as Gmail does). The same mail always becomes the same messages.
 */
export function messagesOf(mail: Mail, separator: string, report: ImportReport): OwnCopy[] {
  const header = (name: string) => tidy(decodeHeader(mail.headers.get(name.toLowerCase()) ?? ''));
  const isSent = header('x-gmail-labels').split(',').includes('Sent');
  const box = isSent ? 'sent' : 'inbox';
  const other = isSent ? header('to') : header('from');
  const text = textOf(mail, header);
  const at = momentOf(mail, separator);
  if (at === undefined) addToReport(report, 'undated', header('subject'));
  if (mail.isCut || shownHeaders.some((name) => header(name).length > headLength))
    addToReport(report, 'cut', header('subject'));
  if (mail.attachments.count > 0) addToReport(report, 'attachments', '', mail.attachments.count);

  const bodies = inParts(text);
  if (bodies.length > 1) addToReport(report, 'split', header('subject'));
  return bodies.map((body, index) => {
    const sentAt = new Date((at ?? 0) + index);
    const digest = createHash('sha256')
      .update(JSON.stringify([header('message-id'), box, other, text, index]))
      .digest();
    return {
      id: idFrom(sentAt, digest),
      box,
      other: Array.from(other).slice(0, nameLimit).join('') || 'unknown sender',
      isNotice: false,
      sentAt,
      trashedAt: null,
      isUnread: false,
      body,
    };
  });
}

const shownHeaders = ['Subject', 'To', 'Cc'];

/** What messages have no place for stands above the text: the subject, and who else got it. */
function textOf(mail: Mail, header: (name: string) => string): string {
  const head = shownHeaders.filter((name) => header(name)).map((name) => `${name}: ${shorten(header(name))}`);
  const foot = mail.attachments.names.map(
    (name) => `[An attachment was left out${name ? `: ${tidy(name)}` : ''}]`,
  );
  if (mail.isCut) foot.unshift('[The rest of this text was left out]');
  const body = mail.text.replaceAll('\r\n', '\n').replaceAll('\0', '\uFFFD').toWellFormed().trimEnd();
  return [head.join('\n'), body, foot.join('\n')].filter(Boolean).join('\n\n') || '(empty)';
}

/** In milliseconds since 1970; undefined when neither the mail nor the line above it says so, or it cannot be. */
function momentOf({ headers }: Mail, separator: string): number | undefined {
  return [headers.get('date') ?? '', separator]
    .map(readMailDate)
    .find((at) => at !== undefined && at >= 0 && at < Date.now() + day);
}

function inParts(text: string): string[] {
  const characters = Array.from(text);
  if (characters.length <= bodyLimit) return [text];
  const count = Math.ceil(characters.length / partLength);
  return Array.from(
    { length: count },
    (_, index) =>
      `(${index + 1}/${count})\n${characters.slice(index * partLength, (index + 1) * partLength).join('')}`,
  );
}

function shorten(value: string): string {
  return value.length > headLength ? `${value.slice(0, headLength).toWellFormed()} …` : value;
}

function tidy(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim();
}

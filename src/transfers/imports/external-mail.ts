// Converts an external mail to messages.
import { countCharacters } from '../../web/forms.ts';
import { shorten as shortenName } from '../../web/text.ts';
import { hash } from 'node:crypto';
import { bodyLimit } from '../../mailbox/compose/message-form.ts';
import type { OwnCopy } from '../message-record.ts';
import { idFrom } from '../../ids.ts';
import { addToReport, type ImportReport } from './import-report.ts';
import { decodeAddresses, decodeHeader, oneLine } from '../mime/headers.ts';
import { readMailDate } from '../mime/mail-date.ts';
import type { Mail } from '../mime/mail.ts';
import { idTime, nameLimit } from './own-copy.ts';
import { isSentMail } from './sent-mail.ts';

const maxHeaderLength = 2000; // characters: nobody reads ten thousand recipients
const partLength = bodyLimit - 20; // leaves room for the line that numbers the parts

export interface ExternalMailContext {
  /** The "From " line above the mail in its mailbox; '' for none. */
  separator: string;
  where: string;
  isSent: boolean;
  ownAddresses: ReadonlySet<string>;
  report: ImportReport;
}

/** One message, marked as read, or several for a long text. Deterministic: the same mail gets the same ids. */
export function messagesOf(mail: Mail, context: ExternalMailContext): OwnCopy[] {
  const { headers } = mail;
  const box = context.isSent || isSentMail(headers, context.ownAddresses) ? 'sent' : 'inbox';
  const other = box === 'sent' ? recipientOf(headers) : senderOf(headers, context.separator);
  const heading = headingOf(headers);
  const text = textOf(mail, heading);
  const subject = decodeHeader(headers.get('subject') ?? '');
  const example = subject ? `“${shortenName(subject, 80)}”` : context.where;
  const at = sentAtOf(mail, context, example);
  const isShortened = heading.some(({ value }) => value.length > maxHeaderLength);
  if (mail.isCut || isShortened) addToReport(context.report, 'cut', example);
  if (mail.attachments.count > 0)
    addToReport(context.report, 'attachments', mail.attachments.names[0], mail.attachments.count);

  const bodies = inParts(text);
  if (bodies.length > 1) addToReport(context.report, 'split', example);
  const identity = [decodeHeader(headers.get('message-id') ?? ''), box, other, text];
  const digest = hash('sha256', JSON.stringify(identity));
  return bodies.map((body, index) => {
    const sentAt = new Date((at ?? 0) + index);
    return {
      id: idFrom(idTime(sentAt), hash('sha256', `${digest} ${index}`, 'buffer')),
      box,
      other,
      isNotice: false,
      sentAt,
      trashedAt: null,
      isUnread: false,
      body,
    };
  });
}

function senderOf(headers: Map<string, string>, separator: string): string {
  const names = ['from', 'sender', 'resent-from', 'reply-to', 'return-path'];
  const [, above] = /^From (\S{1,200}@\S{1,200})/.exec(separator) ?? [];
  return fitName(names.map((name) => addressesOf(headers, name)).find(Boolean) ?? above ?? 'unknown sender');
}

function recipientOf(headers: Map<string, string>): string {
  const names = ['to', 'cc', 'bcc', 'newsgroups'];
  return fitName(names.map((name) => addressesOf(headers, name)).find(Boolean) ?? 'unknown recipient');
}

/** Shortens a list of names at its end, and a single long name before its address. */
function fitName(name: string): string {
  if (countCharacters(name) <= nameLimit) return name;
  const [, address] = /^[^<>,]*<([^<>\s]{1,250})>$/.exec(name) ?? [];
  const end = address ? ` <${address}>` : '';
  return shortenName(name, nameLimit - 1 - countCharacters(end)) + end; // 1 for the "…"
}

function addressesOf(headers: Map<string, string>, name: string): string {
  const value = headers.get(name) ?? '';
  return decodeAddresses(value) || decodeHeader(value);
}

function headingOf(headers: Map<string, string>): { name: string; value: string }[] {
  return [
    { name: 'Subject', value: decodeHeader(headers.get('subject') ?? '') },
    { name: 'To', value: addressesOf(headers, 'to') },
    { name: 'Cc', value: addressesOf(headers, 'cc') },
  ];
}

function textOf(mail: Mail, heading: { name: string; value: string }[]): string {
  const head = heading.filter(({ value }) => value).map(({ name, value }) => `${name}: ${shorten(value)}`);
  const foot = mail.attachments.names.map(
    (name) => `[An attachment was left out${name ? `: ${oneLine(name)}` : ''}]`,
  );
  if (mail.isCut) foot.unshift('[The rest of this text was left out]');
  const body = mail.text.replaceAll('\0', '\uFFFD').toWellFormed().trimEnd();
  return [head.join('\n'), body, foot.join('\n')].filter((part) => part.trim()).join('\n\n') || '(empty)';
}

/** The Date header, or else the time of delivery, in milliseconds since 1970; undefined when there is neither. */
function sentAtOf({ headers }: Mail, context: ExternalMailContext, example: string): number | undefined {
  const said = headers.get('date');
  const at = said === undefined ? undefined : readMailDate(said);
  if (at !== undefined) return at;
  const received = (headers.get('received') ?? '').split(';').at(-1) ?? '';
  const others = [headers.get('delivery-date'), headers.get('resent-date'), received, context.separator];
  const delivered = others.map((value) => readMailDate(value ?? '')).find((time) => time !== undefined);
  if (delivered === undefined) addToReport(context.report, 'undated', example);
  else if (said?.trim())
    addToReport(context.report, 'misdated', `${example}: ${decodeHeader(said).slice(0, 40)}`);
  return delivered;
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
  return value.length > maxHeaderLength ? `${value.slice(0, maxHeaderLength).toWellFormed()} …` : value;
}

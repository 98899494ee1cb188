// A new message that begins with the text of another: a reply with its quote, or a forwarded message.
import { exactTime } from '../../web/times.ts';
import type { Message } from '../queries.ts';

/** Like mail (RFC 3676 §4.5): every quoted line begins with "> ". The answer goes below. */
export function quoted({ box, other, body, sentAt }: Message, timeZone: string): string {
  const wrote = box === 'sent' ? 'I wrote' : `${other ?? 'Somebody'} wrote`;
  const lines = body.trimEnd().split('\n');
  return `${wrote} on ${exactTime(sentAt, timeZone)}:\n${lines.map((line) => `> ${line}`.trimEnd()).join('\n')}\n\n`;
}

export function forwarded({ box, other, origin, body, sentAt }: Message, timeZone: string): string {
  const name = origin?.endsWith('notice') ? 'Private Messages' : (other ?? 'a deleted account');
  return `Forwarded: ${box === 'sent' ? 'to' : 'from'} ${name}, ${exactTime(sentAt, timeZone)}\n\n${body}`;
}

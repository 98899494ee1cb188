// Preloads a page of a list, or a message, with the session: one round trip for the most visited pages.
import { z } from 'zod';
import { highestId } from '../ids.ts';
import type { Request } from 'express';
import { sessionWith, type Preload } from '../sessions/finding-sessions.ts';
import type { Viewer } from '../sessions/viewer.ts';
import { selectBoxBefore, selectMessage, type Box, type Message, type MessageRow } from './queries.ts';

const cursor = z.uuid().default(highestId);
const messageId = z.uuid();
// Seconds, because dates in JSON are slow in PostgreSQL. The columns are in the order of toRow and toMessage.
const sentAt = `date_part('epoch', r."sentAt")`;
const rowValues = `r.id, r.other, r.origin, r.excerpt, ${sentAt}, r."isUnread"`;
const messageValues = `r.id, r.box, r.other, r.origin, r.body, ${sentAt}, r."isUnread", r.newer, r.older`;
const boxes = {
  inbox: sessionWith('inbox', selectBoxBefore('inbox', 3), rowValues),
  sent: sessionWith('sent', selectBoxBefore('sent', 3), rowValues),
};
const message = sessionWith('message', selectMessage(3), messageValues);

/** Going back to newer pages of a list is rare and not preloaded. */
export function preload({ path, query }: Pick<Request, 'path' | 'query'>): Preload | undefined {
  const [, place, id, ...more] = path.split('/');
  if ((place === 'inbox' || place === 'sent') && id === undefined) {
    const from = cursor.safeParse(query.before);
    if (!from.success || query.after !== undefined) return undefined;
    return { statement: boxes[place], values: [from.data] };
  }
  const isMessage = place === 'messages' && more.length === 0 && messageId.safeParse(id).success;
  return isMessage ? { statement: message, values: [id] } : undefined;
}

export function preloadedRows({ preloaded }: Viewer, box: Box): MessageRow[] | undefined {
  return preloaded?.map((values) => toRow(box, values));
}

export function preloadedMessage({ preloaded }: Viewer): Message | undefined {
  return preloaded?.map(toMessage)[0];
}

function toRow(box: Box, [id, other, origin, excerpt, seconds, isUnread]: unknown[]): MessageRow {
  return {
    id,
    box,
    other,
    origin,
    excerpt,
    sentAt: dateOf(seconds),
    isUnread,
    isTrashed: false,
  } as MessageRow;
}

function toMessage([id, box, other, origin, body, seconds, isUnread, newer, older]: unknown[]): Message {
  return { id, box, other, origin, body, sentAt: dateOf(seconds), isUnread, newer, older } as Message;
}

function dateOf(seconds: unknown): Date {
  return new Date(Math.round((seconds as number) * 1000));
}

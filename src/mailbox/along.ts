// A page of a list or a message comes along with the session: one round trip for the pages seen most.
import { z } from 'zod';
import { highestId } from '../ids.ts';
import type { Request } from 'express';
import type { Along } from '../web/session-queries.ts';
import type { Viewer } from '../web/viewer.ts';
import { selectBoxBefore, selectMessage, type Message, type MessageRow } from './queries.ts';

const cursor = z.uuid().default(highestId);
const messageId = z.uuid();
const boxes = { inbox: selectBoxBefore('inbox', 3), sent: selectBoxBefore('sent', 3) };
const message = selectMessage(3);

/** What an address brings along. Going back to newer pages of a list is rare, and asks by itself. */
export function bringAlong({ path, query }: Pick<Request, 'path' | 'query'>): Along | undefined {
  const [, place, id, ...more] = path.split('/');
  if ((place === 'inbox' || place === 'sent') && id === undefined) {
    const from = cursor.safeParse(query.before);
    if (!from.success || query.after !== undefined) return undefined;
    return { name: place, select: boxes[place], values: [from.data] };
  }
  const isMessage = place === 'messages' && more.length === 0 && messageId.safeParse(id).success;
  return isMessage ? { name: 'message', select: message, values: [id] } : undefined;
}

/** The rows of the list that came along, if one did. */
export function rowsAlong({ along }: Viewer): MessageRow[] | undefined {
  return (along as Sent<MessageRow>[] | undefined)?.map(withTime);
}

/** The message that came along, if one did. */
export function messageAlong({ along }: Viewer): Message | undefined {
  const [row] = (along as Sent<Message>[] | undefined) ?? [];
  return row && withTime(row);
}

/** JSON has no dates. */
type Sent<Row> = Row & { sentAt: string };

function withTime<Row>(row: Sent<Row>): Row & { sentAt: Date } {
  return { ...row, sentAt: new Date(row.sentAt) };
}

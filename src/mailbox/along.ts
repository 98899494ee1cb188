// A page of a list or a message comes along with the session: one round trip for the pages seen most.
import { z } from 'zod';
import { highestId } from '../ids.ts';
import type { Request } from 'express';
import { sessionAnd, type Along } from '../web/session-queries.ts';
import type { Viewer } from '../web/viewer.ts';
import {
  messageNames,
  rowNames,
  selectBoxBefore,
  selectMessage,
  type Message,
  type MessageRow,
} from './queries.ts';

const cursor = z.uuid().default(highestId);
const messageId = z.uuid();
const boxes = {
  inbox: sessionAnd('inbox', selectBoxBefore('inbox', 3), rowNames),
  sent: sessionAnd('sent', selectBoxBefore('sent', 3), rowNames),
};
const message = sessionAnd('message', selectMessage(3), messageNames);

/** What an address brings along. Going back to newer pages of a list is rare, and asks by itself. */
export function bringAlong({ path, query }: Pick<Request, 'path' | 'query'>): Along | undefined {
  const [, place, id, ...more] = path.split('/');
  if ((place === 'inbox' || place === 'sent') && id === undefined) {
    const from = cursor.safeParse(query.before);
    if (!from.success || query.after !== undefined) return undefined;
    return { statement: boxes[place], values: [from.data] };
  }
  const isMessage = place === 'messages' && more.length === 0 && messageId.safeParse(id).success;
  return isMessage ? { statement: message, values: [id] } : undefined;
}

/** The rows of the list that came along, if one did. */
export function rowsAlong({ along }: Viewer): MessageRow[] | undefined {
  return along?.map((values) => named<MessageRow>(rowNames, values));
}

/** The message that came along, if one did. */
export function messageAlong({ along }: Viewer): Message | undefined {
  const [values] = along ?? [];
  return values && named<Message>(messageNames, values);
}

function named<Row extends { sentAt: Date }>(names: readonly (keyof Row)[], values: unknown[]): Row {
  const row = {} as Row;
  for (const [index, name] of names.entries()) row[name] = values[index] as Row[typeof name];
  row.sentAt = new Date(row.sentAt); // JSON has no dates
  return row;
}

// Validates the fields of an exported message before anything is written.
import { z } from 'zod';
import { bodyLimit } from '../../mailbox/compose/message-form.ts';
import type { OwnCopy } from '../message-record.ts';
import { timeOf } from '../../ids.ts';
import { countCharacters, plainText } from '../../web/forms.ts';
import { Unreadable } from './unreadable.ts';

export const nameLimit = 320; // characters: names from mail programs can be long
const day = 24 * 60 * 60 * 1000;

// Tolerates a day of clock skew between programs and databases.
const past = (at: Date) => at.getTime() < Date.now() + day;
const moment = z.iso.datetime({ precision: 3 }).transform((text) => new Date(text));
const name = plainText('')
  .refine((text) => text !== '' && countCharacters(text) <= nameLimit)
  .refine((text) => !/\p{Cc}/u.test(text));
const text = plainText('').refine((body) => body !== '' && countCharacters(body) <= bodyLimit);

const fields = z.strictObject({
  id: z.uuidv7().toLowerCase(),
  // A request becomes an ordinary message: nobody here asks with it.
  box: z
    .enum(['inbox', 'sent', 'blocked'])
    .or(z.enum(['requests', 'held']).transform(() => 'inbox' as const)),
  with: name.nullable(),
  notice: z.boolean(),
  sentAt: moment.refine(past),
  unread: z.boolean(),
  trashedAt: moment.refine(past).nullable(),
  body: text,
});

/** UUIDv7 times start at 1970: older messages all get that time. */
export function idTime(sentAt: Date): Date {
  return new Date(Math.max(0, sentAt.getTime()));
}

/** Throws Unreadable when a field is invalid. The id must carry the time of `sentAt`, since lists are ordered by id. */
export function checkCopy(claimed: unknown, where: string): OwnCopy {
  const checked = fields.safeParse(claimed);
  if (!checked.success) {
    const field = checked.error.issues[0]?.path[0];
    throw new Unreadable(
      typeof field === 'string'
        ? `${where} is not valid: look at its “${field}”.`
        : `${where} is not a message, or has fields that are not known here.`,
    );
  }
  const { id, box, with: other, notice: isNotice, sentAt, unread: isUnread, trashedAt, body } = checked.data;
  if (timeOf(id) !== idTime(sentAt).getTime())
    throw new Unreadable(`${where} is not valid: its id is of another time than “sentAt”.`);
  if (trashedAt && trashedAt.getTime() < sentAt.getTime() - day)
    throw new Unreadable(`${where} is not valid: its “trashedAt” is before “sentAt”.`);
  if ((isUnread || isNotice) && box === 'sent')
    throw new Unreadable(`${where} is not valid: what was sent is neither unread nor a notice.`);
  return { id, box, other: isNotice ? null : other, isNotice, sentAt, trashedAt, isUnread, body };
}

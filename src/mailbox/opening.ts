// Opening a message: the id in the address, the mark that goes, and what does not exist.
import type { Request } from 'express';
import { z } from 'zod';
import type { Database } from '../database/pool.ts';
import { signedIn } from '../sessions/session.ts';
import type { WebContext } from '../web/context.ts';
import { HttpError } from '../web/errors.ts';
import { isReading } from '../web/prefetch.ts';
import { openMessage } from './unread.ts';

/** Marks a found message as read, but not where no user looks at it, as in a prefetch. Throws a 404 for none. */
export async function openFound<Found extends { id: string; isUnread: boolean }>(
  { pool }: WebContext,
  req: Request,
  found: Found | undefined,
  find: (db: Database, ownerId: string, id: string) => Promise<Found | undefined>,
): Promise<{ message: Found; marked: number }> {
  const { message, marked } = isReading(req)
    ? await openMessage(pool, signedIn(req).id, found, find)
    : { message: found, marked: 0 };
  if (!message) throw unknownMessage();
  return { message, marked };
}

/** A malformed id throws the same 404 as an unknown one. */
export function messageId(req: Request): string {
  const id = z.uuid().safeParse(req.params.id);
  if (!id.success) throw unknownMessage();
  return id.data;
}

export function unknownMessage(): HttpError {
  return new HttpError(404, 'This message does not exist (any more).');
}

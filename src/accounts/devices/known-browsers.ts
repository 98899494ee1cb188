// Known browsers: a login from a new browser leaves a notice in the inbox.
import { createHash, randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { endSessionsAdvice } from '../changes.ts';
import { asOwner } from '../../database/owner.ts';
import type { MailboxContext } from '../../mailbox/context.ts';
import { leaveNotice } from '../../mailbox/notices.ts';
import type { WebContext } from '../../web/context.ts';
import { exactTime } from '../../web/times.ts';
import { agentOf } from '../../web/user-agents.ts';
import { isKnownBrowser, rememberBrowser, seeBrowser } from './queries.ts';

const year = 365 * 24 * 60 * 60 * 1000;
const browserId = z.string().regex(/^[\w-]{24}$/);

/** The browser's hash, if the user has logged in with it before. */
export async function findKnownBrowser(
  { pool, cookies }: WebContext,
  req: Request,
  userId: string,
): Promise<string | undefined> {
  const id = browserId.safeParse(cookies.read(req, 'browser')).data;
  const hash = id && hashOf(userId, id);
  return hash && (await asOwner(userId, () => isKnownBrowser(pool, userId, hash)))
    ? hash.toString('base64url')
    : undefined;
}

/** Recognizes the browser by its cookie, or remembers it. A new one leaves a notice if `isAnnounced`. */
export async function meetBrowser(
  { pool, cookies, notifier }: MailboxContext,
  req: Request,
  res: Response,
  userId: string,
  isAnnounced: boolean,
): Promise<void> {
  const id = browserId.safeParse(cookies.read(req, 'browser')).data ?? randomBytes(18).toString('base64url');
  cookies.set(res, 'browser', id, { maxAge: year });
  const hash = hashOf(userId, id);
  if (await seeBrowser(pool, userId, hash)) return;
  // The notice goes first: a browser remembered without one would never be announced.
  if (isAnnounced) {
    await leaveNotice(pool, userId, loginNotice(req, new Date()));
    notifier.notify([userId]);
  }
  await rememberBrowser(pool, userId, hash);
}

function hashOf(userId: string, id: string): Buffer {
  return createHash('sha256').update(`${userId} ${id}`).digest();
}

function loginNotice(req: Request, at: Date): string {
  return `Somebody logged in to your account with ${agentOf(req)} on ${exactTime(at)}.

If that was you, there is nothing to do. If it was not, somebody knows your password. ${endSessionsAdvice}`;
}

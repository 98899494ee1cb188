// Completes every login: by password, second factor, passkey or recovery code.
import type { Request, Response } from 'express';
import type { SessionData } from 'express-session';
import { becomeOwner } from '../database/owner.ts';
import type { MailboxContext } from '../mailbox/context.ts';
import type { WebContext } from '../web/context.ts';
import { meetBrowser } from './devices/known-browsers.ts';
import { hasCodes } from './recovery/queries.ts';
import { HttpError } from '../web/errors.ts';
import { startSession } from '../sessions/session.ts';
import { logSecurity } from '../web/security-log.ts';
import { findStartPage, type Account } from './queries.ts';

/** How somebody proves whose account it is, in the words of the security log. */
export type Way =
  | 'password'
  | 'passkey'
  | 'recovery code'
  | 'registration'
  | 'confirm password'
  | 'password and code'
  | 'password and passkey'
  | 'password and recovery code';

export interface SignInOptions {
  /** False to skip the notice about a new browser. */
  isAnnounced?: boolean;
  remembers?: Pick<SessionData, 'recoveredAt'>;
}

/** The address of the user's start page. Throws when all their sessions were ended since the account was read. */
export async function signIn(
  ctx: MailboxContext,
  req: Request,
  res: Response,
  account: Pick<Account, 'id' | 'epoch'>,
  way: Way,
  { isAnnounced = true, remembers = {} }: SignInOptions = {},
): Promise<string> {
  becomeOwner(account.id);
  const [isSafe, startPage] = await Promise.all([
    hasCodes(ctx.pool, account.id),
    findStartPage(ctx.pool, account.id),
    meetBrowser(ctx, req, res, account.id, isAnnounced),
  ]);
  await startSession(ctx.pool, req, account, isSafe ? remembers : { ...remembers, offersCodes: true });
  logSecurity(ctx, req, { event: 'login', detail: way, account: account.id });
  return startPage;
}

export function logFailedLogin(ctx: WebContext, req: Request, way: Way, account: string | undefined): void {
  logSecurity(ctx, req, { event: 'failed login', detail: way, account });
}

/** Only for users who have proved that the account is theirs. */
export function disabledAccount(ctx: WebContext, req: Request, way: Way, account: string): HttpError {
  logFailedLogin(ctx, req, way, account);
  return new HttpError(422, 'This account has been disabled. Ask the person who runs this server.');
}

// The end of every way to sign in: by password, after a second factor, with a passkey or a recovery code.
import type { Request, Response } from 'express';
import type { SessionData } from 'express-session';
import { becomeOwner } from '../database/owner.ts';
import type { Pool } from '../database/pool.ts';
import type { KnownBrowsers } from './devices/known-browsers.ts';
import { hasCodes } from './recovery/queries.ts';
import { HttpError } from '../web/errors.ts';
import { startSession } from '../sessions/session.ts';
import type { Account } from './queries.ts';

/** What is particular about a way to sign in. */
export interface SignInOptions {
  /** False where the person needs no notice of a browser not seen before. */
  isAnnounced?: boolean;
  /** What the session remembers of it. */
  remembers?: Pick<SessionData, 'recoveredAt'>;
}

/** Signs this person in. Throws a refusal when all their sessions have been ended since the account was read. */
export type SignIn = (
  req: Request,
  res: Response,
  account: Pick<Account, 'id' | 'epoch'>,
  manner?: SignInOptions,
) => Promise<void>;

export function createSignIn(pool: Pool, browsers: KnownBrowsers): SignIn {
  return async (req, res, account, { isAnnounced = true, remembers = {} } = {}) => {
    becomeOwner(account.id);
    const [isSafe] = await Promise.all([
      hasCodes(pool, account.id),
      browsers.meet(req, res, account.id, isAnnounced),
    ]);
    await startSession(pool, req, account, isSafe ? remembers : { ...remembers, offersCodes: true });
  };
}

/** Said only to who has proved that the account is theirs. */
export function disabledAccount(): HttpError {
  return new HttpError(422, 'This account has been disabled. Ask the person who runs this server.');
}

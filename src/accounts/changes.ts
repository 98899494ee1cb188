// Changes of the ways into an account: made only while the session lasts, and told to the owner, who may be somebody else.
import type { Request } from 'express';
import type { Database, Pool } from '../database/pool.ts';
import { transaction } from '../database/transaction.ts';
import { agentOf } from '../web/user-agents.ts';
import type { Notifier } from '../mailbox/live/notifier.ts';
import { leaveNotice } from '../mailbox/notices.ts';
import { HttpError } from '../web/errors.ts';
import { hasSession, sessionKey } from '../sessions/queries.ts';
import { signedIn } from '../sessions/session.ts';
import { exactTime } from '../web/times.ts';
import { lockAccount } from './queries.ts';

/**
 * Makes the change in a transaction that holds the account: of two at once, the second sees what the first did. Where
 * it returns something, a notice says `what` was done, a sentence without its end. Returns the same. Throws a refusal when
 * the session has been ended while the request was under way.
 */
export type ChangeAccount = <T>(
  req: Request,
  change: (db: Database) => Promise<T>,
  what: string | ((done: NonNullable<T>) => string),
) => Promise<T>;

export function createChangeAccount(pool: Pool, notifier: Notifier): ChangeAccount {
  return async (req, change, what) => {
    const { id } = signedIn(req);
    const done = await transaction(pool, async (db) => {
      await lockAccount(db, id);
      if (!(await hasSession(db, ...sessionKey(req.sessionID))))
        throw new HttpError(401, 'You have been signed out. Nothing was changed.');
      const result = await change(db);
      if (result) await leaveNotice(db, id, notice(typeof what === 'string' ? what : what(result), req));
      return result;
    });
    if (done) notifier.notify([id]);
    return done;
  };
}

function notice(what: string, req: Request): string {
  return `${what} with ${agentOf(req)} on ${exactTime(new Date())}.

If that was not you, somebody else is in your account. ${endSessionsAfterChange}`;
}

/** What to do about somebody else in one's account. */
export const endSessionsAfterChange =
  'Change your password under “Your account”: this signs out all other devices. Then remove passkeys that you do not know, and make new recovery codes.';

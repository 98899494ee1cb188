// Credential changes: they require a live session, and leave a notice in case an intruder made them.
import type { Request } from 'express';
import type { Database } from '../database/pool.ts';
import { transaction } from '../database/transaction.ts';
import { agentOf } from '../web/user-agents.ts';
import type { MailboxContext } from '../mailbox/context.ts';
import { leaveNotice } from '../mailbox/notices.ts';
import { HttpError } from '../web/errors.ts';
import { hasSession, sessionKey } from '../sessions/queries.ts';
import { signedIn } from '../sessions/session.ts';
import { exactTime } from '../web/times.ts';
import { lockAccount } from './queries.ts';

/** Runs `change` in a transaction that locks the account; a result leaves a notice. Throws a 401 when signed out. */
export async function changeAccount<T>(
  { pool, notifier }: MailboxContext,
  req: Request,
  change: (db: Database) => Promise<T>,
  what: string | ((done: NonNullable<T>) => string),
): Promise<T> {
  const { id } = signedIn(req);
  const done = await transaction(pool, async (db) => {
    await lockAccount(db, id);
    if (!(await hasSession(db, ...sessionKey(req.sessionID))))
      throw new HttpError(401, 'You were logged out. Nothing was changed.');
    const result = await change(db);
    if (result) await leaveNotice(db, id, notice(typeof what === 'string' ? what : what(result), req));
    return result;
  });
  if (done) notifier.notify([id]);
  return done;
}

function notice(what: string, req: Request): string {
  return `${what} with ${agentOf(req)} on ${exactTime(new Date())}.

If that was not you, somebody else is in your account. ${endSessionsAdvice}`;
}

export const endSessionsAdvice =
  'Change your password under “Your account”: this logs out all other devices. Then remove passkeys that you do ' +
  'not know, and make new recovery codes.';

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
import { logSecurity } from '../web/security-log.ts';
import { exactTime } from '../web/times.ts';
import { lockAccount } from './queries.ts';

/** In the words of the security log. */
type Change =
  | 'password'
  | 'recovery codes'
  | 'passkey added'
  | 'passkey removed'
  | 'codes on'
  | 'codes off'
  | 'passkey asked for'
  | 'passkey not asked for';

/** Runs `change` in a transaction that locks the account; a result is logged and leaves a notice. Throws a 401 when
 * signed out. */
export async function changeAccount<T>(
  ctx: MailboxContext,
  req: Request,
  detail: Change,
  change: (db: Database) => Promise<T>,
  what: string | ((done: NonNullable<T>) => string),
): Promise<T> {
  const { pool, notifier } = ctx;
  const { id } = signedIn(req);
  const done = await transaction(pool, async (db) => {
    await lockAccount(db, id);
    if (!(await hasSession(db, ...sessionKey(req.sessionID))))
      throw new HttpError(401, 'You were logged out. Nothing was changed.');
    const result = await change(db);
    if (result) await leaveNotice(db, id, notice(typeof what === 'string' ? what : what(result), req));
    return result;
  });
  if (done) {
    logSecurity(ctx, req, { event: 'credential change', detail, account: id });
    notifier.notify([id]);
  }
  return done;
}

function notice(what: string, req: Request): string {
  return `${what} with ${agentOf(req)} on ${exactTime(new Date())}.

If that was not you, somebody else is in your account. ${endSessionsAdvice}`;
}

export const endSessionsAdvice =
  'Change your password under “Your account”: this logs out all other devices. Then remove passkeys that you do ' +
  'not know, and make new recovery codes.';

// Rate limit for two-factor attempts: the password is known by then, and 3 of a million codes are right.
import type { Request } from 'express';
import { endSessionsAdvice } from '../changes.ts';
import { agentOf } from '../../web/user-agents.ts';
import { findKnownBrowser } from '../devices/known-browsers.ts';
import type { MailboxContext } from '../../mailbox/context.ts';
import { leaveNotice } from '../../mailbox/notices.ts';
import { isRefusal, type Refund } from '../../web/rate-limits.ts';
import { exactTime } from '../../web/times.ts';

export const maxCodeAttempts = 5;

/** Counts an attempt before it is checked, and returns its refund. Throws a 429 over the limit. Known browsers have a
 * separate limit, so that an attacker who knows the password cannot lock out the owner. */
export async function consumeCodeAttempt(ctx: MailboxContext, req: Request, userId: string): Promise<Refund> {
  req.accountTried = userId;
  const isKnown = (await findKnownBrowser(ctx, req, userId)) !== undefined;
  const key = isKnown ? `${userId} known` : userId;
  try {
    return await ctx.rateLimits('second-step', maxCodeAttempts, 15 * 60).consume(key);
  } catch (refusal) {
    if (isRefusal(refusal)) await leaveRefusalNotice(ctx, req, userId); // not for a database error
    throw refusal;
  }
}

async function leaveRefusalNotice(
  { pool, notifier, rateLimits }: MailboxContext,
  req: Request,
  userId: string,
): Promise<void> {
  try {
    await rateLimits('second-step-notice', 1, 24 * 60 * 60).consume(userId);
  } catch (error) {
    if (isRefusal(error)) return;
    throw error;
  }
  await leaveNotice(pool, userId, refusalNotice(req));
  notifier.notify([userId]);
}

function refusalNotice(req: Request): string {
  return (
    `Somebody with your password failed the second factor five times with ${agentOf(req)}, most recently on ` +
    `${exactTime(new Date())}. They did not get in.\n\n` +
    `If that was not you, somebody knows your password. ${endSessionsAdvice}`
  );
}

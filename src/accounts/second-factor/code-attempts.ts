// Rate limit for two-factor attempts: the password is known by then, and 3 of a million codes are right.
import type { Request } from 'express';
import { endSessionsAdvice } from '../changes.ts';
import type { Pool } from '../../database/pool.ts';
import { agentOf } from '../../web/user-agents.ts';
import type { KnownBrowsers } from '../devices/known-browsers.ts';
import type { Notifier } from '../../mailbox/live/notifier.ts';
import { leaveNotice } from '../../mailbox/notices.ts';
import { createRateLimit, isRefusal, type Refund } from '../../web/rate-limits.ts';
import { exactTime } from '../../web/times.ts';

export interface CodeAttempts {
  /** Counts an attempt before it is checked, and returns its refund. Throws a 429 over the limit. */
  consume(req: Request, userId: string): Promise<Refund>;
}

/** Known browsers have a separate limit, so that an attacker who knows the password cannot lock out the owner. */
export function createCodeAttempts(pool: Pool, browsers: KnownBrowsers, notifier: Notifier): CodeAttempts {
  const attempts = createRateLimit(pool, 'second-step', 5, 15 * 60);
  const notices = createRateLimit(pool, 'second-step-notice', 1, 24 * 60 * 60);

  const tellOnce = async (req: Request, userId: string): Promise<void> => {
    const isFirst = await notices.consume(userId).then(
      () => true,
      () => false,
    );
    if (!isFirst) return;
    await leaveNotice(pool, userId, refusalNotice(req));
    notifier.notify([userId]);
  };

  return {
    async consume(req, userId) {
      const isKnown = (await browsers.findKnown(req, userId)) !== undefined;
      const key = isKnown ? `${userId} known` : userId;
      try {
        return await attempts.consume(key);
      } catch (refusal) {
        if (isRefusal(refusal)) await tellOnce(req, userId); // not for a database error
        throw refusal;
      }
    },
  };
}

function refusalNotice(req: Request): string {
  return `Somebody who knows your password gave wrong codes, or no right passkey, five times with ${agentOf(req)}, the last time on ${exactTime(new Date())}. They did not get in.

If that was not you, somebody knows your password. ${endSessionsAdvice}`;
}

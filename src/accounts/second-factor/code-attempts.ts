// How often one may fail at the second step. Who has come so far knows the password; of a million codes three are right.
import type { Request } from 'express';
import { endSessionsAfterChange } from '../changes.ts';
import type { Pool } from '../../database/pool.ts';
import { agentOf } from '../../web/user-agents.ts';
import type { KnownBrowsers } from '../devices/known-browsers.ts';
import type { Notifier } from '../../mailbox/live/notifier.ts';
import { leaveNotice } from '../../mailbox/notices.ts';
import { createRateLimit, isRefusal, type Refund } from '../../web/rate-limits.ts';
import { exactTime } from '../../web/times.ts';

export interface CodeAttempts {
  /** Counts a try before it is checked. Throws a 429 when it is one too many. Returns what gives it back. */
  consume(req: Request, userId: string): Promise<Refund>;
}

/**
 * Five in a quarter of an hour for the person, from wherever; and as many from browsers that the person has logged in
 * with before, so that a stranger who knows the password does not lock them out. The first refusal of a day leaves a
 * notice: somebody knows the password.
 */
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
        if (isRefusal(refusal)) await tellOnce(req, userId); // not when the database is away
        throw refusal;
      }
    },
  };
}

function refusalNotice(req: Request): string {
  return `Somebody who knows your password gave wrong codes, or no right passkey, five times with ${agentOf(req)}, the last time on ${exactTime(new Date())}. They did not get in.

If that was not you, somebody knows your password. ${endSessionsAfterChange}`;
}

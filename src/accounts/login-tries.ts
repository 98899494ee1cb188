// How often one may fail to log in, by whichever way.
import type { Request } from 'express';
import type { Config } from '../config.ts';
import type { Pool } from '../database/pool.ts';
import { clientAddress } from '../web/client-address.ts';
import { createRateLimit } from '../web/rate-limits.ts';

export interface LoginTries {
  /**
   * Counts a try before it is checked, so that a thousand at once are counted too. Throws a 429 when it is one too many.
   * Returns what gives it back after a success.
   */
  spend(req: Request, username: string): Promise<() => Promise<unknown>>;
}

/**
 * Failures count for the name at this address and for the address as a whole, never for the name alone: whoever fails
 * on purpose must not lock the owner out.
 */
export function createLoginTries(pool: Pool, config: Config, name: string): LoginTries {
  const of = createRateLimit(pool, `${name}-name`, config.loginsPerMinute, 60);
  const from = createRateLimit(pool, `${name}-address`, 5 * config.loginsPerMinute, 60);
  return {
    async spend(req, username) {
      const address = clientAddress(req);
      const person = `${address} ${username.slice(0, 64)}`;
      await from.spend(address);
      await of.spend(person);
      return () => Promise.all([from.giveBack(address), of.giveBack(person)]);
    },
  };
}

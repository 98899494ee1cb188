// How often one may fail to log in, by whichever way.
import type { Request } from 'express';
import type { Config } from '../config.ts';
import type { Pool } from '../database/pool.ts';
import type { KnownBrowsers } from '../devices/known-browsers.ts';
import { nobody } from '../ids.ts';
import { clientAddress } from '../web/client-address.ts';
import { createRateLimit } from '../web/rate-limits.ts';

export interface LoginTries {
  /**
   * Counts a try before it is checked, so that a thousand at once are counted too. Throws a 429 when it is one too many.
   * Returns what gives it back after a success. `userId` is whose name it is, if anybody's: it takes the same statements
   * where it is nobody's.
   */
  spend(req: Request, username: string, userId: string | undefined): Promise<() => Promise<unknown>>;
}

/**
 * Failures count for the name at this address and for the address as a whole, never for the name alone: whoever fails
 * on purpose must not lock the owner out. Nor must those who share the owner's address, such as a school: a browser that
 * this very person has logged in with before has attempts of its own, and neither spends those of the address nor needs
 * them.
 */
export function createLoginTries(
  pool: Pool,
  config: Config,
  browsers: KnownBrowsers,
  name: string,
): LoginTries {
  const of = createRateLimit(pool, `${name}-name`, config.loginsPerMinute, 60);
  const from = createRateLimit(pool, `${name}-address`, 5 * config.loginsPerMinute, 60);
  const withKnown = createRateLimit(pool, `${name}-browser`, config.loginsPerMinute, 60);
  return {
    async spend(req, username, userId) {
      const known = await browsers.findKnown(req, userId ?? nobody);
      if (known) {
        await withKnown.spend(known);
        return () => withKnown.giveBack(known);
      }
      const address = clientAddress(req);
      const person = `${address} ${username.slice(0, 64)}`;
      await from.spend(address);
      await of.spend(person);
      return () => Promise.all([from.giveBack(address), of.giveBack(person)]);
    },
  };
}

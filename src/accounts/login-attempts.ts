// Rate limits for failed logins.
import type { Request } from 'express';
import type { Config } from '../config.ts';
import type { Pool } from '../database/pool.ts';
import type { KnownBrowsers } from './devices/known-browsers.ts';
import { nobody } from '../ids.ts';
import type { Notifier } from '../mailbox/live/notifier.ts';
import { leaveNotice } from '../mailbox/notices.ts';
import { clientAddress } from '../web/client-address.ts';
import {
  createAddressLimit,
  createRateLimit,
  isRefusal,
  consumeAll,
  type Refund,
} from '../web/rate-limits.ts';
import { exactTime } from '../web/times.ts';

export interface LoginAttempts {
  /** Counts an attempt; returns its refund, for a success, or throws a 429. `userId`: the username's owner, if any. */
  consume(req: Request, username: string, userId: string | undefined): Promise<Refund>;
}

interface Parts {
  pool: Pool;
  config: Pick<Config, 'loginsPerMinute'>;
  browsers: KnownBrowsers;
  notifier: Notifier;
  onError: (error: Error) => void;
}

const hour = 60 * 60;

/**
 * Failures count per username and address, per username, and per address. The username limits come first: what they
 * refuse does not count for the address, or failing with one name would lock out everyone who shares it. Known browsers
 * have only a limit of their own, so that attackers cannot lock out the owner. Attempts count before the check, so that
 * concurrent ones are counted; unknown usernames run the same statements.
 */
export function createLoginAttempts(
  { pool, config, browsers, notifier, onError }: Parts,
  name: string,
  typed: string,
): LoginAttempts {
  const perMinute = config.loginsPerMinute;
  const here = createRateLimit(pool, `${name}-name`, perMinute, 60);
  // From any number of addresses: 50 an hour are 1,200 guesses a day, and common passwords are refused anyway.
  const everywhere = createRateLimit(pool, `${name}-everywhere`, 5 * perMinute, hour);
  const from = createAddressLimit(pool, `${name}-address`, 5 * perMinute, 60);
  const withKnown = createRateLimit(pool, `${name}-browser`, perMinute, 60);
  const notices = createRateLimit(pool, `${name}-notice`, 1, 24 * hour);

  const tell = async (userId: string): Promise<void> => {
    try {
      await notices.consume(userId);
    } catch (error) {
      if (isRefusal(error)) return;
      throw error;
    }
    await leaveNotice(pool, userId, guessingNotice(typed, new Date()));
    notifier.notify([userId]);
  };

  return {
    async consume(req, username, userId) {
      const known = await browsers.findKnown(req, userId ?? nobody);
      if (known) return consumeAll([() => withKnown.consume(known)]);
      const nameTyped = username.slice(0, 64);
      const consumeEverywhere = async () => {
        try {
          return await everywhere.consume(nameTyped);
        } catch (error) {
          // After the response, so that its time does not reveal whether the username exists.
          if (isRefusal(error) && userId) req.res?.once('close', () => void tell(userId).catch(onError));
          throw error;
        }
      };
      return consumeAll([
        () => here.consume(`${clientAddress(req)} ${nameTyped}`),
        consumeEverywhere,
        ...from.consumers(req),
      ]);
    },
  };
}

function guessingNotice(typed: string, at: Date): string {
  return `Somebody tried to log in to your account with wrong ${typed}, again and again, up to ${exactTime(at)}. They did not get in. For now nobody can log in to it from a browser that you have not used before; the browsers that you have used work as ever.

There is nothing to do if your password is long and you use it nowhere else. A second factor, under “Your account”, stops even somebody who guesses it.`;
}

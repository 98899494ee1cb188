// How often something may be done: counted in PostgreSQL, for all processes together.
import { createHash } from 'node:crypto';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { Pool } from '../database/pool.ts';
import { HttpError } from './errors.ts';

export interface RateLimit {
  /** Counts one; throws a 429 with Retry-After when it is one too many. */
  spend(key: string): Promise<void>;
  /** Takes one back, for what turned out to be harmless. */
  giveBack(key: string): Promise<void>;
}

/**
 * `points` within `seconds` for each key. `name` keeps this limit's keys apart from others'. The database gets hashes:
 * people also type passwords where names belong.
 */
export function createRateLimit(pool: Pool, name: string, points: number, seconds: number): RateLimit {
  const limiter = new RateLimiterPostgres({
    storeClient: pool,
    storeType: 'pool',
    tableName: 'rate_limits',
    tableCreated: true,
    keyPrefix: name,
    points,
    duration: seconds,
    // No insurance in memory while the database is away: what is limited needs it too, and would only fail later.
  });
  // A counter that ends later than one that began now is of before the clock was put back, and would last for as long.
  const consume = async (key: string): Promise<void> => {
    try {
      await limiter.consume(key);
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes) || refused.msBeforeNext <= seconds * 1000) throw refused;
      await limiter.delete(key);
      await limiter.consume(key);
    }
  };
  return {
    async spend(key) {
      try {
        await consume(digest(key));
      } catch (refused) {
        if (!(refused instanceof RateLimiterRes)) throw refused;
        const wait = Math.max(1, Math.ceil(refused.msBeforeNext / 1000));
        throw new HttpError(
          429,
          `That was tried too often. Please wait ${inWords(wait)} and try again.`,
          wait,
        );
      }
    },
    async giveBack(key) {
      await limiter.reward(digest(key));
    },
  };
}

function digest(key: string): string {
  return createHash('sha256').update(key).digest('base64url');
}

function inWords(seconds: number): string {
  if (seconds <= 90) return seconds === 1 ? 'a second' : `${seconds} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}

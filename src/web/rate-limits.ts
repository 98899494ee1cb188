// Rate limits by key, in PostgreSQL or in memory.
import { createHash } from 'node:crypto';
import {
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRes,
  type RateLimiterAbstract,
} from 'rate-limiter-flexible';
import type { Pool } from '../database/pool.ts';
import { HttpError } from './errors.ts';

export type Refund = () => Promise<unknown>;

export interface RateLimit {
  consume(key: string): Promise<Refund>; // throws a 429 with Retry-After
}

/** `points` per `seconds` and key, across processes. Keys are hashed: users also type passwords into name fields. */
export type RateLimits = (name: string, points: number, seconds: number) => RateLimit;

/** Each limit is made on first use, and once: the library starts a timer for each. */
export function createRateLimits(pool: Pool): RateLimits {
  const known = new Map<string, RateLimit>();
  return (name, points, seconds) => {
    const limit = known.get(name) ?? createRateLimit(pool, name, points, seconds);
    known.set(name, limit);
    return limit;
  };
}

function createRateLimit(pool: Pool, name: string, points: number, seconds: number): RateLimit {
  const limiter = new RateLimiterPostgres({
    storeClient: pool,
    storeType: 'pool',
    tableName: 'rate_limits',
    tableCreated: true,
    keyPrefix: name,
    points,
    duration: seconds, // no insuranceLimiter: what is limited needs the database too
  });
  return rateLimitOf(limiter, seconds);
}

/** In memory, for pages: they write nothing and work while the disk is full. */
export function createProcessRateLimit(points: number, seconds: number): RateLimit {
  return rateLimitOf(new RateLimiterMemory({ points, duration: seconds }), seconds);
}

function rateLimitOf(limiter: RateLimiterAbstract, seconds: number): RateLimit {
  // A counter that outlasts a full window dates from before the clock was set back, and would block for that long.
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
    async consume(key) {
      try {
        await consume(digest(key));
      } catch (refused) {
        if (!(refused instanceof RateLimiterRes)) throw refused;
        const wait = Math.max(1, Math.ceil(refused.msBeforeNext / 1000));
        throw new HttpError(429, `Too many attempts. Please wait ${inWords(wait)} and try again.`, wait);
      }
      return () => limiter.reward(digest(key));
    },
  };
}

export function isRefusal(error: unknown): boolean {
  return error instanceof HttpError && error.status === 429;
}

export async function consumeAll(consumers: (() => Promise<Refund>)[]): Promise<Refund> {
  const taken: Refund[] = [];
  const refund = () => Promise.all(taken.map((each) => each()));
  try {
    for (const consume of consumers) taken.push(await consume());
  } catch (error) {
    if (isRefusal(error)) await refund(); // nothing was attempted
    throw error;
  }
  return refund;
}

function digest(key: string): string {
  return createHash('sha256').update(key).digest('base64url');
}

function inWords(seconds: number): string {
  if (seconds <= 90) return seconds === 1 ? 'a second' : `${seconds} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}

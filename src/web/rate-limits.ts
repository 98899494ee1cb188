// How often something may be done.
import { createHash } from 'node:crypto';
import type { Request } from 'express';
import {
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRes,
  type RateLimiterAbstract,
} from 'rate-limiter-flexible';
import type { Pool } from '../database/pool.ts';
import { clientNetworks } from './client-address.ts';
import { HttpError } from './errors.ts';

/** Takes one back, for what turned out to be harmless. */
export type Refund = () => Promise<unknown>;

export interface RateLimit {
  /** Counts one; throws a 429 with Retry-After when it is one too many. */
  consume(key: string): Promise<Refund>;
}

/**
 * `points` within `seconds` for each key, counted in PostgreSQL for all processes together. `name` keeps this limit's
 * keys apart from others'. The database gets hashes: people also type passwords where names belong.
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
  return rateLimitOf(limiter, seconds);
}

/** The same in the memory of this process: for pages, which write nothing and are shown when the disk is full. */
export function createProcessRateLimit(points: number, seconds: number): RateLimit {
  return rateLimitOf(new RateLimiterMemory({ points, duration: seconds }), seconds);
}

function rateLimitOf(limiter: RateLimiterAbstract, seconds: number): RateLimit {
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
    async consume(key) {
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
      return () => limiter.reward(digest(key));
    },
  };
}

/** Whether a limit refused, and not the database failed. */
export function isRefusal(error: unknown): boolean {
  return error instanceof HttpError && error.status === 429;
}

/** Counts for each limit in turn. What one of them refuses is given back to those before it: it was never tried. */
export async function consumeAll(consumers: (() => Promise<Refund>)[]): Promise<Refund> {
  const taken: Refund[] = [];
  const refund = () => Promise.all(taken.map((each) => each()));
  try {
    for (const consume of consumers) taken.push(await consume());
  } catch (error) {
    if (isRefusal(error)) await refund();
    throw error;
  }
  return refund;
}

export interface AddressLimit {
  consume(req: Request): Promise<Refund>;
  /** The same, to be counted with other limits. */
  consumers(req: Request): (() => Promise<Refund>)[];
}

/**
 * `points` within `seconds` for each client address. Of IPv6, whoever has one network of 64 bits easily has more: a /56,
 * as many providers give away (RFC 6177), may do twice as much, and a /48 four times.
 */
export function createAddressLimit(pool: Pool, name: string, points: number, seconds: number): AddressLimit {
  const limits = [1, 2, 4].map((factor, n) =>
    createRateLimit(pool, n === 0 ? name : `${name}-${factor}`, factor * points, seconds),
  );
  const consumers = (req: Request) =>
    clientNetworks(req).map((network, n) => () => limits[n]!.consume(network));
  return { consumers, consume: (req) => consumeAll(consumers(req)) };
}

function digest(key: string): string {
  return createHash('sha256').update(key).digest('base64url');
}

function inWords(seconds: number): string {
  if (seconds <= 90) return seconds === 1 ? 'a second' : `${seconds} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}

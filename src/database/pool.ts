// Connections to PostgreSQL: how many, how long each step may take, and what counts as "the database is away".
import { availableParallelism } from 'node:os';
import pg from 'pg';
import { OwnedPool } from './owned-client.ts';
import { sessionPreparer, type SessionRole } from './session-settings.ts';

/** What a query needs: the pool, or one client inside a transaction. */
export type Database = Pick<pg.Pool, 'query'>;
export type Pool = pg.Pool;

// How long a page waits, together with the limits in session-settings.ts.
const limits = { connectionTimeoutMillis: 1200, query_timeout: 2300 } satisfies pg.PoolConfig;

/**
 * A pool on this server. `onError` hears of connections that broke while idle; the pool replaces them itself. Without a
 * role its connections are those of the user in the address, which migrates (app-role.ts).
 */
export function createPool(
  connectionString: string,
  onError: (error: Error) => void,
  role?: SessionRole,
): Pool {
  const pool = new OwnedPool({
    ...limits,
    connectionString,
    application_name: 'private-messages',
    onConnect: sessionPreparer(role),
    max: Math.max(4, 2 * availableParallelism() + 1),
    idleTimeoutMillis: 60_000,
    maxLifetimeSeconds: 3600,
    keepAlive: true,
  });
  pool.on('error', onError);
  return pool;
}

const dayMs = 24 * 60 * 60_000;

/** A statement whose answer may take longer than a page waits. pg knows query_timeout, its types do not. */
export function withQueryTimeout(query: pg.QueryConfig, ms = dayMs): pg.QueryConfig {
  return { ...query, query_timeout: ms } as pg.QueryConfig;
}

/** Gives a connection outside of the pool the settings that those in it have. */
export async function prepareLike(pool: Pool, client: pg.Client): Promise<void> {
  const prepare: ((client: pg.Client) => void | Promise<void>) | undefined = pool.options.onConnect;
  await prepare?.(client);
}

// 08: connection; 40: two at once, one of which must try again; 53: out of connections, memory or disk; 57P0x: shut
// down, crashed, starting; 57014: our time limit; 55P03: our lock limit; 25006: a standby (PostgreSQL manual, appendix A).
const awayStates = /^(08...|53...|57P0[1-5]|57014|55P03|25006|58030|40001|40P01)$/;
const awayErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAGAIN', // a unix socket with too many waiting
]);
const awayMessages =
  /^(Query read timeout|Connection terminated|timeout expired|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed)/;

/** The database answers, but not soon enough. */
export class DatabaseBusy extends Error {
  override message = 'Too many wait for the database.';
}

/** Whether a statement has been ended because it took longer than any may (statement_timeout). */
export function isTakingTooLong(error: unknown): boolean {
  return (error as { code?: unknown }).code === '57014';
}

/** Whether this error says that PostgreSQL cannot serve now, and that the same request may succeed later. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof DatabaseBusy) return true;
  const { code, errors } = error as Error & { code?: string; errors?: unknown[] };
  if (Array.isArray(errors)) return errors.some(isDatabaseAway);
  if (code && (awayStates.test(code) || ('syscall' in error && awayErrors.has(code)))) return true;
  return awayMessages.test(error.message);
}

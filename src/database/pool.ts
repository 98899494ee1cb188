// The connection pool: size, timeouts, and which errors mean that the database is unavailable.
import { availableParallelism } from 'node:os';
import pg from 'pg';
import { OwnedPool } from './owned-client.ts';
import { sessionPreparer, type SessionRole } from './session-settings.ts';

export type Database = Pick<pg.Pool, 'query'>; // the pool, or one client in a transaction
export type Pool = pg.Pool;

// How long a page waits, together with the limits in session-settings.ts.
const limits = { connectionTimeoutMillis: 1000, query_timeout: 2300 } satisfies pg.PoolConfig;

/** `onError` gets errors of idle connections, which the pool replaces. Without a role, uses the user of the address. */
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
  // Nobody listens between the hand-over of a connection and its first use; an error then would end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

const dayMs = 24 * 60 * 60_000;

/** For statements that may take longer than a page waits. The types of pg lack query_timeout. */
export function withQueryTimeout(query: pg.QueryConfig, ms = dayMs): pg.QueryConfig {
  return { ...query, query_timeout: ms } as pg.QueryConfig;
}

export async function prepareLike(pool: Pool, client: pg.Client): Promise<void> {
  const prepare: ((client: pg.Client) => void | Promise<void>) | undefined = pool.options.onConnect;
  await prepare?.(client);
}

// 08: connection; 40: conflict between transactions, retry; 53: out of connections, memory or disk; 57P0x: shut down,
// crashed, starting; 57014, 55P03: our time and lock limits; 25006: standby (PostgreSQL manual, appendix A).
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
  'EAGAIN', // a Unix socket with a full queue
]);
const awayMessages = new RegExp(
  '^(Query read timeout|Connection terminated|timeout expired|timeout exceeded when trying to connect|' +
    'Client has encountered a connection error|Client was closed)',
);

export function isTakingTooLong(error: unknown): boolean {
  return (error as { code?: unknown }).code === '57014'; // statement_timeout
}

/** Whether PostgreSQL is unavailable for now, so that the same request may succeed later. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errors } = error as Error & { code?: string; errors?: unknown[] };
  if (Array.isArray(errors)) return errors.some(isDatabaseAway);
  if (code && (awayStates.test(code) || ('syscall' in error && awayErrors.has(code)))) return true;
  return awayMessages.test(error.message);
}

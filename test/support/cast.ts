// The app with alice, bob and charlie registered and signed in, on a copy of a database that holds them.
import { inject } from 'vitest';
import type { Pool } from '../../src/database/pool.ts';
import { maxIdle } from '../../src/sessions/queries.ts';
import type { Log } from '../../src/web/log.ts';
import { startApp, type TestApp } from './app.ts';
import { createDatabase } from './database.ts';
import { startNginx, type Nginx } from './nginx.ts';
import { at, registered, stranger, type Person } from './person.ts';

const names = ['alice', 'bob', 'charlie'] as const;
type ByName<Value> = Record<(typeof names)[number], Value>;
type People = ByName<Person>;

export interface Cast extends People {
  app: TestApp;
  /** Removes all users and their data, and restores the three as freshly registered. */
  reset: () => Promise<People>;
}

interface Options {
  /** Another way to the database, such as `patient` (locks.ts). */
  address?: (databaseUrl: string) => string | Promise<string>;
  log?: Log;
}

/** A new site, to be closed like one of startApp; without a PUBLIC_URL of its own, after which cookies are named. */
export async function cast(
  settings: Record<string, string> = {},
  { address = (databaseUrl) => databaseUrl, log }: Options = {},
): Promise<Cast> {
  const app = await startApp(settings, await address(await createDatabase('template_cast')), log);
  const browserOf = (name: keyof People) => stranger(app.url, name, undefined, inject('cast')[name]);
  const signedIn = async (): Promise<People> => {
    const now = Date.now();
    const times = { startedAt: now, seenAt: now, confirmedAt: now };
    const expire = new Date(now + maxIdle);
    await app.pool.query('update sessions set sess = sess || $1, expire = $2', [times, expire]);
    return { alice: browserOf('alice'), bob: browserOf('bob'), charlie: browserOf('charlie') };
  };
  const reset = async () => {
    await restore(app.pool);
    return signedIn();
  };
  return { app, reset, ...(await signedIn()) };
}

export interface CastBehindNginx extends People {
  app: TestApp;
  nginx: Nginx;
  close: () => Promise<void>;
}

/** Their browsers reach the app through nginx. */
export async function castBehindNginx(edits: Record<string, string> = {}): Promise<CastBehindNginx> {
  const { app, alice, bob, charlie } = await cast({ TRUST_PROXY: '1' });
  const nginx = await startNginx(app.url, edits);
  const [a, b, c] = [alice, bob, charlie].map((person) => at(nginx.url, person)) as [Person, Person, Person];
  const close = () => nginx.close().then(() => app.close());
  return { app, nginx, alice: a, bob: b, charlie: c, close };
}

/** What registering fills; users first, to whom the others refer. */
const tables = ['users', 'usernames_used', 'known_browsers', 'sessions', 'mailbox_usage'];

async function restore(pool: Pool): Promise<void> {
  const inserts = tables.map((table) => `insert into ${table} table as_registered.${table};`);
  await pool.query(
    `delete from users; delete from usernames_used; delete from rate_limits; ${inserts.join('')}`,
  );
}

/** Before all tests: registers them, and returns their cookies. */
export async function registerCast(databaseUrl: string, dataDir: string): Promise<ByName<string>> {
  const app = await startApp({ DATA_DIR: dataDir }, databaseUrl);
  const cookies: [string, string][] = [];
  for (const name of names) cookies.push([name, (await registered(app.url, name)).cookies()]);
  const keep = tables.map((table) => `create table as_registered.${table} as table ${table};`);
  await app.pool.query(`delete from rate_limits; create schema as_registered; ${keep.join('')}`);
  await app.close();
  return Object.fromEntries(cookies) as ByName<string>;
}

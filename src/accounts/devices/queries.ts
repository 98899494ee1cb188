// Devices in SQL: the sessions of a person, and the browsers that they have logged in with before.
import { deleteBefore } from '../../database/expiry.ts';
import type { Database } from '../../database/pool.ts';

export interface DeviceRow {
  sid: string;
  /** What the browser calls itself. */
  agent: string | null;
  startedAt: Date;
  /** Give or take five minutes. */
  seenAt: Date;
}

/** All sessions of this person, the last seen first. */
export async function listDevices(db: Database, userId: string): Promise<DeviceRow[]> {
  const { rows } = await db.query<DeviceRow>(
    `select sid, agent, to_timestamp((sess->>'startedAt')::float8 / 1000) as "startedAt",
            to_timestamp((sess->>'seenAt')::float8 / 1000) as "seenAt"
     from sessions where user_id = $1 and expire > now() order by "seenAt" desc, sid`,
    [userId],
  );
  return rows;
}

/** Whether this person is signed in anywhere else than in the session with this key. */
export async function hasOtherDevices(db: Database, userId: string, sid: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'select from sessions where user_id = $1 and sid <> $2 and expire > now() limit 1',
    [userId, sid],
  );
  return rowCount === 1;
}

/**
 * Ends one session of this person, and the import that it started if one is running; false when they have none with
 * this key.
 */
export async function endDevice(db: Database, userId: string, sid: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `with stopped as (
       update imports set result = '{"outcome":"stopped"}', ended_at = now()
       where user_id = $1 and sid = $2 and result is null
     )
     delete from sessions where user_id = $1 and sid = $2`,
    [userId, sid],
  );
  return rowCount === 1;
}

/** Whether this person has logged in with this browser before. */
export async function isKnownBrowser(db: Database, userId: string, hash: Buffer): Promise<boolean> {
  const { rowCount } = await db.query('select from known_browsers where user_id = $1 and hash = $2', [
    userId,
    hash,
  ]);
  return rowCount === 1;
}

/** The same; notes that it was seen again. */
export async function seeBrowser(db: Database, userId: string, hash: Buffer): Promise<boolean> {
  const { rowCount } = await db.query(
    'update known_browsers set seen_at = now() where user_id = $1 and hash = $2',
    [userId, hash],
  );
  return rowCount === 1;
}

export const maxBrowsers = 50;

/** Remembers a browser of this person, and forgets those seen longest ago if there are too many. */
export async function rememberBrowser(db: Database, userId: string, hash: Buffer): Promise<void> {
  await db.query(
    `with forgotten as (
       delete from known_browsers where user_id = $1 and hash = any (array (
         select hash from known_browsers where user_id = $1 order by seen_at desc, hash offset $3 - 1))
     )
     insert into known_browsers (user_id, hash, seen_at) values ($1, $2, now()) on conflict do nothing`,
    [userId, hash, maxBrowsers],
  );
}

/** Forgets some of the browsers that were not seen since; returns how many. */
export function forgetBrowsers(db: Database, before: Date, limit: number): Promise<number> {
  return deleteBefore(db, { table: 'known_browsers', key: 'user_id, hash', time: 'seen_at' }, before, limit);
}

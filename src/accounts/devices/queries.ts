// Devices in SQL: a user's sessions, and the browsers they have logged in with.
import { deleteBefore } from '../../database/expiry.ts';
import type { Database } from '../../database/pool.ts';

export interface DeviceRow {
  sid: string;
  agent: string | null;
  startedAt: Date;
  /** Accurate to five minutes. */
  seenAt: Date;
}

export async function listDevices(db: Database, userId: string): Promise<DeviceRow[]> {
  const { rows } = await db.query<DeviceRow>(
    `select sid, agent, to_timestamp((sess->>'startedAt')::float8 / 1000) as "startedAt",
            to_timestamp((sess->>'seenAt')::float8 / 1000) as "seenAt"
     from sessions where user_id = $1 and expire > now() order by "seenAt" desc, sid`,
    [userId],
  );
  return rows;
}

export async function hasOtherDevices(db: Database, userId: string, sid: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'select from sessions where user_id = $1 and sid <> $2 and expire > now() limit 1',
    [userId, sid],
  );
  return rowCount === 1;
}

/** Ends one session and stops the import it started. False if the user has no such session. */
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

export async function isKnownBrowser(db: Database, userId: string, hash: Buffer): Promise<boolean> {
  const { rowCount } = await db.query('select from known_browsers where user_id = $1 and hash = $2', [
    userId,
    hash,
  ]);
  return rowCount === 1;
}

export async function seeBrowser(db: Database, userId: string, hash: Buffer): Promise<boolean> {
  const { rowCount } = await db.query(
    'update known_browsers set seen_at = now() where user_id = $1 and hash = $2',
    [userId, hash],
  );
  return rowCount === 1;
}

export const maxBrowsers = 50;

/** Remembers a browser and evicts those seen longest ago beyond `maxBrowsers`. */
export async function rememberBrowser(db: Database, userId: string, hash: Buffer): Promise<void> {
  await db.query(
    `with forgotten as (
       delete from known_browsers where user_id = $1 and hash = any (array (
         select hash from known_browsers where user_id = $1 order by seen_at desc, hash offset $3 - 1))
     )
     insert into known_browsers (user_id, hash, seen_at) values ($1, $2, now())
     on conflict do nothing returning hash`,
    [userId, hash, maxBrowsers],
  );
}

export function forgetBrowsers(db: Database, before: Date, limit: number): Promise<number> {
  return deleteBefore(db, { table: 'known_browsers', key: 'user_id, hash', time: 'seen_at' }, before, limit);
}

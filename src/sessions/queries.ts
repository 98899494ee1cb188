// Session queries: one row each, keyed by the user and the hash of the id in the cookie.
import { hash, randomBytes } from 'node:crypto';
import type { SessionData } from 'express-session';
import { deleteBefore } from '../database/expiry.ts';
import type { Database, Pool } from '../database/pool.ts';
import { transaction } from '../database/transaction.ts';
import { nobody } from '../ids.ts';

/** The user id, by which the store finds the row, and 192 random bits; anonymous ids get no cookie and no row. */
export function newSessionId(userId = nobody): string {
  return `${userId}.${randomBytes(24).toString('base64url')}`;
}

export function sessionKey(id: string): [userId: string, sid: string] {
  const sid = hash('sha256', id, 'base64url');
  return [id.slice(0, id.indexOf('.')), sid];
}

export const maxSessions = 100; // per user; one more ends the one unused for the longest time

/** Inserts the session of a sign-in. False if all sessions were ended since `epoch`, as by a new password. */
export function insertSession(
  pool: Pool,
  id: string,
  data: SessionData,
  epoch = 0,
  agent?: string,
): Promise<boolean> {
  const [userId, sid] = sessionKey(id);
  return transaction(pool, async (db) => {
    // The lock makes a concurrent endSessions wait for this session, and end it too.
    const { rowCount } = await db.query(
      `select from users where id = $1 and epoch = $2 and disabled_at is null and username is not null for share`,
      [userId, epoch],
    );
    if (rowCount === 0) return false;
    await db.query(
      `with oldest as (
         delete from sessions where user_id = $1 and sid = any (array (
           select sid from sessions where user_id = $1 order by expire desc offset ${maxSessions - 1}))
       )
       insert into sessions (user_id, sid, sess, expire, agent) values ($1, $2, $3, $4, $5)`,
      [userId, sid, data, expiry(data), agent],
    );
    return true;
  });
}

export async function hasSession(db: Database, userId: string, sid: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'select from sessions where user_id = $1 and sid = $2 and expire > now()',
    [userId, sid],
  );
  return rowCount === 1;
}

/** Saves everything but `seenAt`; a session that has ended stays ended. */
export async function updateSession(db: Database, id: string, data: SessionData): Promise<void> {
  await db.query(
    `update sessions set sess = jsonb_set($3::jsonb, '{seenAt}', sess->'seenAt')
     where user_id = $1 and sid = $2`,
    [...sessionKey(id), data],
  );
}

/** Open pages follow by the hash of the former id, which does not authenticate. False if the session has ended. */
export async function moveSession(db: Database, id: string, newId: string): Promise<boolean> {
  const [userId, sid] = sessionKey(id);
  const { rowCount } = await db.query(
    `with import as (update imports set sid = $3 where user_id = $1 and sid = $2)
     update sessions set sid = $3, sess = jsonb_set(sess, '{formerSid}', to_jsonb($2::text))
     where user_id = $1 and sid = $2 and expire > now()`,
    [userId, sid, sessionKey(newId)[1]],
  );
  return rowCount === 1;
}

/** Sets only `seenAt`: a request that runs for hours must not restore old data. Undefined if the session has ended. */
export async function renewSession(db: Database, id: string, data: SessionData): Promise<Date | undefined> {
  const seenAt = Date.now();
  const expire = expiry({ ...data, seenAt });
  const { rowCount } = await db.query(
    `update sessions set sess = jsonb_set(sess, '{seenAt}', to_jsonb($3::bigint)), expire = $4
     where user_id = $1 and sid = $2`,
    [...sessionKey(id), seenAt, expire],
  );
  return rowCount === 1 ? expire : undefined;
}

/** Ends all sessions but `except`, and every login in progress. */
export async function endSessions(pool: Pool, userId: string, except = ''): Promise<void> {
  await transaction(pool, async (db) => {
    await startEpoch(db, userId);
    await deleteSessions(db, userId, except);
  });
}

/** Must precede deleteSessions: every sign-in locks this row, so that no session slips in between. */
export async function startEpoch(db: Database, userId: string): Promise<number> {
  const { rows } = await db.query<{ epoch: number }>(
    'update users set epoch = epoch + 1 where id = $1 returning epoch',
    [userId],
  );
  return rows[0]?.epoch ?? 0;
}

export async function deleteSessions(db: Database, userId: string, except = ''): Promise<void> {
  await db.query('delete from sessions where user_id = $1 and sid <> $2', [userId, except]);
}

export async function deleteSession(db: Database, id: string): Promise<void> {
  await db.query('delete from sessions where user_id = $1 and sid = $2', sessionKey(id));
}

export function deleteExpiredSessions(db: Database, now: Date, limit: number): Promise<number> {
  return deleteBefore(db, { table: 'sessions', key: 'user_id, sid', time: 'expire' }, now, limit);
}

const day = 24 * 60 * 60 * 1000;
export const maxIdle = 30 * day;
export const maxAge = 90 * day;

function expiry(data: SessionData): Date {
  return new Date(Math.min(data.seenAt + maxIdle, data.startedAt + maxAge));
}

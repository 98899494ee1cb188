// Sessions in SQL, from their beginning to their end: one row each, keyed by its person and the hash of the id in the
// cookie.
import { hash, randomBytes } from 'node:crypto';
import type { SessionData } from 'express-session';
import { deleteBefore } from '../database/expiry.ts';
import type { Database, Pool } from '../database/pool.ts';
import { transaction } from '../database/transaction.ts';
import { nobody } from '../ids.ts';

/** A new id: the person's, so that the store knows whose row to look for, and 192 random bits. Strangers' are in no cookie and no row. */
export function newSessionId(userId = nobody): string {
  return `${userId}.${randomBytes(24).toString('base64url')}`;
}

/** The key of a session's row. */
export function sessionKey(id: string): [userId: string, sid: string] {
  const sid = hash('sha256', id, 'base64url');
  return [id.slice(0, id.indexOf('.')), sid];
}

/** So many browsers one person may be signed in with; one more signs out the one not used for the longest. */
export const sessionLimit = 100;

/**
 * Adds the session of somebody who just signed in. False when everything of theirs has been ended since the epoch in
 * which they began, as by a new password. The lock makes whoever ends it now wait for this session, and end it too.
 */
export async function insertSession(
  db: Database,
  id: string,
  data: SessionData,
  epoch = 0,
  agent?: string,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `with oldest as (
       delete from sessions where user_id = $1 and sid = any (array (
         select sid from sessions where user_id = $1 order by expire desc offset ${sessionLimit - 1}))
     )
     insert into sessions (user_id, sid, sess, expire, agent)
     select u.id, $2, $3, $4, $6 from users u
     where u.id = $1 and u.epoch = $5 and u.disabled_at is null and u.username is not null for share`,
    [...sessionKey(id), data, expiry(data), epoch, agent],
  );
  return rowCount === 1;
}

/** Whether the session with this key has not been ended. */
export async function hasSession(db: Database, userId: string, sid: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'select from sessions where user_id = $1 and sid = $2 and expire > now()',
    [userId, sid],
  );
  return rowCount === 1;
}

/** Keeps what has changed in a session, but for its time; one that has ended meanwhile stays ended. */
export async function updateSession(db: Database, id: string, data: SessionData): Promise<void> {
  await db.query(
    `update sessions set sess = $3::jsonb || jsonb_build_object('seenAt', sess->'seenAt')
     where user_id = $1 and sid = $2`,
    [...sessionKey(id), data],
  );
}

/**
 * Gives a session another id; what belongs to it comes along. Pages that are open follow it by the hash of the id before,
 * which lets nobody in. False when it has ended meanwhile.
 */
export async function moveSession(db: Database, id: string, newId: string): Promise<boolean> {
  const [userId, sid] = sessionKey(id);
  const { rowCount } = await db.query(
    `with import as (update imports set sid = $3 where user_id = $1 and sid = $2)
     update sessions set sid = $3, sess = sess || jsonb_build_object('formerSid', $2::text)
     where user_id = $1 and sid = $2 and expire > now()`,
    [userId, sid, sessionKey(newId)[1]],
  );
  return rowCount === 1;
}

/**
 * Notes that a session is in use, and nothing else in it: a page that lasts for hours must not bring back what it was.
 * Returns when it ends now if nobody comes again; undefined when it has ended meanwhile.
 */
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

/** Ends all sessions of this person but the one with this key, and whatever sign-in is under way. */
export async function endSessions(pool: Pool, userId: string, except = ''): Promise<void> {
  await transaction(pool, async (db) => {
    await startEpoch(db, userId);
    await deleteSessions(db, userId, except);
  });
}

/**
 * The two halves, for a transaction that changes more: first the epoch, whose row every sign-in locks, and only then
 * the sessions, so that none slips in between.
 */
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

/** For the clean-up; returns how many there were. */
export function deleteExpiredSessions(db: Database, now: Date, limit: number): Promise<number> {
  return deleteBefore(db, { table: 'sessions', key: 'user_id, sid', time: 'expire' }, now, limit);
}

const day = 24 * 60 * 60 * 1000;
export const idleLimit = 30 * day;
const absoluteLimit = 90 * day;

function expiry(data: SessionData): Date {
  return new Date(Math.min(data.seenAt + idleLimit, data.startedAt + absoluteLimit));
}

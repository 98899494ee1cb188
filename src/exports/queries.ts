// Exports in SQL: who is making one, and what goes into it.
import type { Database, Pool } from '../database/pool.ts';
import { lowestId } from '../ids.ts';
import type { OwnCopy } from './own-copy.ts';

export interface Progress {
  done: number;
  total: number;
}

/** What an export covers: the messages up to this id. */
export interface Extent {
  total: number;
  upTo: string;
}

// A run that has not been heard of for so long is over: its process was killed.
const isDead = `beat_at < now() - interval '30 seconds'`;

/** What there is to export now. */
export async function measureMailbox(db: Database, ownerId: string): Promise<Extent> {
  const { rows } = await db.query<Extent>(
    `select count(*)::int as total,
            coalesce((select id from messages where owner_id = $1 order by id desc limit 1), $2) as "upTo"
     from messages where owner_id = $1`,
    [ownerId, lowestId],
  );
  return rows[0]!;
}

/** Begins an export; false when another one of this person's is being made. */
export async function startRun(pool: Pool, userId: string, run: string, total: number): Promise<boolean> {
  await pool.query(`delete from exports where user_id = $1 and ${isDead}`, [userId]);
  const { rowCount } = await pool.query(
    'insert into exports (user_id, run, total) values ($1, $2, $3) on conflict do nothing',
    [userId, run, total],
  );
  return rowCount === 1;
}

/** Says that an export is alive and how far it is. False when it must end: its person has been signed out. */
export async function keepRun(
  db: Database,
  userId: string,
  run: string,
  sid: string,
  done: number,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update exports set done = $4, beat_at = now()
     where user_id = $1 and run = $2 and exists (select from sessions where user_id = $1 and sid = $3)`,
    [userId, run, sid, done],
  );
  return rowCount === 1;
}

export async function endRun(db: Database, userId: string, run: string): Promise<void> {
  await db.query('delete from exports where user_id = $1 and run = $2', [userId, run]);
}

/** How far the export is that this person is making, if there is one. */
export async function findRun(db: Database, userId: string): Promise<Progress | undefined> {
  const { rows } = await db.query<Progress>(
    `select done, total from exports where user_id = $1 and not ${isDead}`,
    [userId],
  );
  return rows[0];
}

// Of the longest texts these are 4 MB.
const batch = 100;

/** The next messages after the one with this id, the oldest first. */
export async function listCopies(
  db: Database,
  ownerId: string,
  after: string,
  upTo: string,
): Promise<OwnCopy[]> {
  const { rows } = await db.query<OwnCopy>({
    name: 'list copies',
    text: `select m.id, m.box, coalesce(m.other_name, (select u.username from users u where u.id = m.other_id)) as other,
                  m.origin is not null and m.origin <> 'imported' as "isNotice", m.sent_at as "sentAt",
                  m.trashed_at as "trashedAt", m.body,
                  (select n.id from unread n where n.owner_id = m.owner_id and n.id = m.id) is not null as "isUnread"
           from messages m where m.owner_id = $1 and m.id > $2 and m.id <= $3 order by m.id limit ${batch}`,
    values: [ownerId, after, upTo],
  });
  return rows;
}

export interface Profile {
  username: string;
  registeredAt: Date;
}

export async function findProfile(db: Database, userId: string): Promise<Profile> {
  const { rows } = await db.query<Profile>(
    'select username, created_at as "registeredAt" from users where id = $1',
    [userId],
  );
  return rows[0]!;
}

export interface Draft {
  to: string;
  body: string;
  savedAt: Date;
}

/** The letters this person has begun, the one saved last first. */
export async function listBegun(db: Database, ownerId: string): Promise<Draft[]> {
  const { rows } = await db.query<Draft>(
    `select recipient as "to", body, saved_at as "savedAt" from drafts where owner_id = $1 order by saved_at desc`,
    [ownerId],
  );
  return rows;
}

// Exports in SQL: who is making one, and what goes into it.
import { asOwner } from '../../database/owner.ts';
import type { Database, Pool } from '../../database/pool.ts';
import { lowestId } from '../../ids.ts';
import type { OwnCopy } from '../message-record.ts';

/** What a file of an export is about: the messages after this id, and its number. */
export interface PartStart {
  part: number;
  after: string;
}

export interface Progress {
  done: number;
  total: number;
}

// A run that has not been heard of for so long is over: its process was killed.
const isDead = `beat_at < now() - interval '30 seconds'`;

/** The id of the newest message there is, or the lowest one. */
export async function findNewest(db: Database, ownerId: string): Promise<string> {
  const { rows } = await db.query<{ id: string }>(
    'select id from messages where owner_id = $1 order by id desc limit 1',
    [ownerId],
  );
  return rows[0]?.id ?? lowestId;
}

/** Some of the next messages: how many were looked at, and how many of them fit, together with what these weigh. */
export interface Measured {
  seen: number;
  fitting: number;
  weight: number;
  last: string | null;
}

export const measuredAtOnce = 2000;

/**
 * A message weighs no less than what it takes in the zip. Its text is in there three times and compressed: 3.0 times its
 * bytes at most, tried with random characters of every kind, which compress worst. The rest is headers and the name.
 */
export async function measureBatch(
  db: Database,
  ownerId: string,
  after: string,
  upTo: string,
  room: number,
): Promise<Measured> {
  const { rows } = await db.query<Measured>({
    name: 'measure batch',
    text: `select count(*)::int as seen, (count(*) filter (where together <= $4))::int as fitting,
                  coalesce(max(together) filter (where together <= $4), 0)::float8 as weight,
                  (array_agg(id order by id desc) filter (where together <= $4))[1] as last
           from (select id, sum(weight) over (order by id) as together
                 from (select id, 3.2 * octet_length(body) + 5 * coalesce(octet_length(other_name), 0) + 1500 as weight
                       from messages where owner_id = $1 and id > $2 and id <= $3 order by id limit ${measuredAtOnce}) m
                ) weighed`,
    values: [ownerId, after, upTo, room],
  });
  return rows[0]!;
}

/** Begins a file of an export; false when another one of this person's is being made. */
export async function startRun(
  pool: Pool,
  userId: string,
  run: string,
  { part, after }: PartStart,
): Promise<boolean> {
  await pool.query(`delete from exports where user_id = $1 and ${isDead}`, [userId]);
  const { rowCount } = await pool.query(
    `insert into exports (user_id, run, total, part, after_id) values ($1, $2, 0, $3, $4) on conflict do nothing`,
    [userId, run, part, after],
  );
  return rowCount === 1;
}

/** Says how much there is to do. */
export async function setTotal(db: Database, userId: string, run: string, total: number): Promise<void> {
  await db.query('update exports set total = $3 where user_id = $1 and run = $2', [userId, run, total]);
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

/** Ends it; where a further file comes next, that is remembered. */
export async function endRun(db: Database, userId: string, run: string, next?: PartStart): Promise<void> {
  if (next && next.part > 1)
    await db.query(
      `update exports set beat_at = '-infinity', part = $3, after_id = $4 where user_id = $1 and run = $2`,
      [userId, run, next.part, next.after],
    );
  else await db.query('delete from exports where user_id = $1 and run = $2', [userId, run]);
}

/** What the page says: how far the export is, and which file comes next of one in several. */
export interface ExportState {
  /** No fewer messages than there are; null where nobody has counted. Counting them now may take seconds. */
  held: number | null;
  progress: Progress | undefined;
  next: PartStart | undefined;
}

export async function findExport(db: Database, userId: string): Promise<ExportState> {
  const { rows } = await db.query<Progress & PartStart & { held: number | null; isRunning: boolean | null }>(
    `select (select messages from mailbox_sizes where owner_id = $1) as held,
            e.done, e.total, e.part, e.after_id as after, not ${isDead} as "isRunning"
     from (select) one left join exports e on e.user_id = $1`,
    [userId],
  );
  const { held, done, total, part, after, isRunning } = rows[0]!;
  return {
    held,
    progress: isRunning ? { done, total } : undefined,
    next: isRunning === false && part > 1 ? { part, after } : undefined,
  };
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
  /** The setting, if there is one. */
  timeZone: string | null;
}

export async function findProfile(db: Database, userId: string): Promise<Profile> {
  const { rows } = await db.query<Profile>(
    'select username, created_at as "registeredAt", time_zone as "timeZone" from users where id = $1',
    [userId],
  );
  return rows[0]!;
}

export interface Draft {
  to: string;
  body: string;
  savedAt: Date;
}

// Of the longest these are 4 MB.
const draftsAtOnce = 10;

/** The letters this person has begun, the one saved last first, a few at a time. */
export async function* listBegun(db: Database, ownerId: string): AsyncGenerator<Draft> {
  // Each is asked for when the stream wants more, which may be outside of the request.
  const { rows: all } = await asOwner(ownerId, () =>
    db.query<{ id: string }>('select id from drafts where owner_id = $1 order by saved_at desc, id', [
      ownerId,
    ]),
  );
  for (let at = 0; at < all.length; at += draftsAtOnce) {
    const ids = all.slice(at, at + draftsAtOnce).map(({ id }) => id);
    const { rows } = await asOwner(ownerId, () =>
      db.query<Draft>(
        `select recipient as "to", body, saved_at as "savedAt" from drafts
         where owner_id = $1 and id = any ($2::uuid[]) order by array_position($2::uuid[], id)`,
        [ownerId, ids],
      ),
    );
    yield* rows;
  }
}

// Queries of exports: a user's run with its progress, and the data that goes into the files.
import { asOwner } from '../../database/owner.ts';
import type { Database, Pool } from '../../database/pool.ts';
import { lowestId } from '../../ids.ts';
import type { Contacts } from '../contacts-record.ts';
import type { OwnCopy } from '../message-record.ts';

export interface PartStart {
  part: number;
  after: string; // its messages come after this id
}

export interface Progress {
  done: number;
  total: number;
}

// A run without a heartbeat for this long is dead: its process was killed.
const isDead = `beat_at < now() - interval '30 seconds'`;

export async function findNewest(db: Database, ownerId: string): Promise<string> {
  const { rows } = await db.query<{ id: string }>(
    'select id from messages where owner_id = $1 order by id desc limit 1',
    [ownerId],
  );
  return rows[0]?.id ?? lowestId;
}

/** How many of the next messages were read, how many of these fit, and the weight and last id of those that fit. */
export interface Measured {
  seen: number;
  fitting: number;
  weight: number;
  last: string | null;
}

export const measuredAtOnce = 2000;

/** The weight is an upper bound of the size in the zip, which holds each body three times: compressed at most 3.0 times
 * its bytes, measured with random characters of every kind (the worst case); the rest is headers and the name. */
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

/** Starts a run; false while another one of this user is running. */
export async function startRun(
  pool: Pool,
  userId: string,
  run: string,
  { part, after }: PartStart,
): Promise<boolean> {
  await pool.query(`delete from exports where user_id = $1 and ${isDead}`, [userId]);
  const { rows } = await pool.query(
    `insert into exports (user_id, run, total, part, after_id) values ($1, $2, 0, $3, $4)
     on conflict do nothing returning run`,
    [userId, run, part, after],
  );
  return rows.length === 1;
}

export async function setTotal(db: Database, userId: string, run: string, total: number): Promise<void> {
  await db.query('update exports set total = $3 where user_id = $1 and run = $2', [userId, run, total]);
}

/** Heartbeat with progress. False when the run must stop because the session was signed out. */
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

export async function endRun(db: Database, userId: string, run: string, next?: PartStart): Promise<void> {
  if (next && next.part > 1)
    await db.query(
      `update exports set beat_at = '-infinity', part = $3, after_id = $4 where user_id = $1 and run = $2`,
      [userId, run, next.part, next.after],
    );
  else await db.query('delete from exports where user_id = $1 and run = $2', [userId, run]);
}

export interface ExportState {
  /** Upper bound of the number of messages; null if unknown, because counting here may take seconds. */
  held: number | null;
  progress: Progress | undefined;
  next: PartStart | undefined;
}

export async function findExport(db: Database, userId: string): Promise<ExportState> {
  const { rows } = await db.query<Progress & PartStart & { held: number | null; isRunning: boolean | null }>(
    `select (select messages from mailbox_usage where owner_id = $1) as held,
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

export async function findRun(db: Database, userId: string): Promise<Progress | undefined> {
  const { rows } = await db.query<Progress>(
    `select done, total from exports where user_id = $1 and not ${isDead}`,
    [userId],
  );
  return rows[0];
}

const batch = 100; // 4 MB of bodies of maximum length

export async function listCopies(
  db: Database,
  ownerId: string,
  after: string,
  upTo: string,
): Promise<OwnCopy[]> {
  const { rows } = await db.query<OwnCopy>({
    name: 'list copies',
    text: `select m.id, m.box,
                  coalesce(m.other_name, (select u.username from users u where u.id = m.other_id)) as other,
                  m.origin is not null and m.origin <> 'imported' as "isNotice", m.sent_at as "sentAt",
                  m.trashed_at as "trashedAt", m.body,
                  (select n.id from unread n where n.owner_id = $1 and n.id = m.id) is not null as "isUnread"
           from messages m where m.owner_id = $1 and m.id > $2 and m.id <= $3 order by m.id limit ${batch}`,
    values: [ownerId, after, upTo],
  });
  return rows;
}

export interface Profile {
  username: string;
  displayName: string | null;
  isListed: boolean;
  registeredAt: Date;
  timeZone: string | null;
}

export async function findProfile(db: Database, userId: string): Promise<Profile> {
  const { rows } = await db.query<Profile>(
    `select username, display_name as "displayName", unlisted_at is null as "isListed",
            created_at as "registeredAt", time_zone as "timeZone" from users where id = $1`,
    [userId],
  );
  return rows[0]!;
}

/** Without people whose account is deleted: nobody could be found by it. */
export async function listContacts(db: Database, ownerId: string): Promise<Contacts> {
  const { rows } = await db.query<Contacts>(
    `select coalesce(array_agg(u.username order by u.username)
                       filter (where coalesce(k.written_at, k.accepted_at) is not null), '{}') as accepted,
            coalesce(array_agg(u.username order by u.username)
                       filter (where k.blocked_at is not null), '{}') as blocked
     from contacts k join users u on u.id = k.other_id
     where k.owner_id = $1 and u.username is not null`,
    [ownerId],
  );
  return rows[0]!;
}

export interface Draft {
  to: string;
  body: string;
  savedAt: Date;
}

const draftsAtOnce = 10; // 4 MB of drafts of maximum length

export async function* listBegun(db: Database, ownerId: string): AsyncGenerator<Draft> {
  // The stream may pull outside of the request's async context.
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

// Announcements in SQL: what was announced, and to whom so far.
import type { Database } from '../../database/pool.ts';
import { newId } from '../../ids.ts';

export interface Announcement {
  id: string;
  body: string;
  madeAt: Date;
  by: string | null; // the administrator; null: the command line, or an account that is gone
  sentTo: number;
  doneAt: Date | null;
}

const columns = `a.id, a.body, a.made_at as "madeAt",
  (select u.username from users u where u.id = a.made_by) as by, a.sent_to as "sentTo", a.done_at as "doneAt"`;

/** Disabled members included. */
export async function countMembers(db: Database): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    'select count(*)::int as count from users where username is not null',
  );
  return rows[0]!.count;
}

/** Serializes announcing until the transaction ends. */
export async function lockAnnouncing(db: Database): Promise<void> {
  await db.query(`select pg_advisory_xact_lock(hashtext('private-messages announcements'))`);
}

export async function findSameText(db: Database, body: string, within: string): Promise<string | undefined> {
  const { rows } = await db.query<{ id: string }>(
    'select id from announcements where body = $1 and made_at > now() - $2::interval limit 1',
    [body, within],
  );
  return rows[0]?.id;
}

export async function insertAnnouncementOf(
  db: Database,
  madeBy: string | undefined,
  body: string,
): Promise<string> {
  const id = newId();
  await db.query('insert into announcements (id, body, made_by) values ($1, $2, $3)', [id, body, madeBy]);
  return id;
}

export async function findAnnouncement(db: Database, id: string): Promise<Announcement | undefined> {
  const { rows } = await db.query<Announcement>(`select ${columns} from announcements a where a.id = $1`, [
    id,
  ]);
  return rows[0];
}

export async function listAnnouncementsBefore(
  db: Database,
  before: string,
  limit: number,
): Promise<Announcement[]> {
  const { rows } = await db.query<Announcement>({
    name: 'list announcements before',
    text: `select ${columns} from announcements a where a.id < $1 order by a.id desc limit $2`,
    values: [before, limit],
  });
  return rows;
}

export async function listAnnouncementsAfter(
  db: Database,
  after: string,
  limit: number,
): Promise<Announcement[]> {
  const { rows } = await db.query<Announcement>({
    name: 'list announcements after',
    text: `select ${columns} from announcements a where a.id > $1 order by a.id limit $2`,
    values: [after, limit],
  });
  return rows;
}

export async function listUnfinished(db: Database): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    'select id from announcements where done_at is null order by id',
  );
  return rows.map(({ id }) => id);
}

export interface Delivery {
  body: string;
  madeAt: Date;
  afterId: string;
}

/** Locks it until the transaction ends; undefined once everybody has it. */
export async function lockDelivery(db: Database, id: string): Promise<Delivery | undefined> {
  const { rows } = await db.query<Delivery>(
    `select body, made_at as "madeAt", after_id as "afterId" from announcements
     where id = $1 and done_at is null for update`,
    [id],
  );
  return rows[0];
}

/** Who was a member when it was announced, in the order of ids. */
export async function listNextMembers(
  db: Database,
  { afterId, madeAt }: Delivery,
  limit: number,
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>({
    name: 'list next members',
    text: `select id from users where id > $1 and created_at <= $2 and username is not null
           order by id limit $3`,
    values: [afterId, madeAt, limit],
  });
  return rows.map(({ id }) => id);
}

export async function noteProgress(db: Database, id: string, afterId: string, count: number): Promise<void> {
  await db.query('update announcements set after_id = $2, sent_to = sent_to + $3 where id = $1', [
    id,
    afterId,
    count,
  ]);
}

export async function noteDone(db: Database, id: string): Promise<void> {
  await db.query('update announcements set done_at = now() where id = $1', [id]);
}

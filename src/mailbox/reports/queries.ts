// Reports in SQL, as their reporters make and see them. Administrators read them in admin/reports/queries.ts.
import type { Database } from '../../database/pool.ts';
import { namesOf, readNames, type Box } from '../queries.ts';

export interface Reportable {
  id: string;
  box: Box;
  otherId: string;
  other: string;
  displayName: string | null;
  body: string;
  sentAt: Date;
  isUnread: boolean;
  /** Null: not yet. */
  reportedAt: Date | null;
}

/** Received, from somebody else who is a member, in whichever box or in the trash. Not `exists`, with which a plan may
 * read all users. */
export async function findReportable(
  db: Database,
  ownerId: string,
  id: string,
): Promise<Reportable | undefined> {
  const { rows } = await db.query<Reportable>({
    name: 'find reportable',
    text: `select m.id, m.box, m.other_id as "otherId", ${namesOf('m.other_id')} as other, m.body,
                  m.sent_at as "sentAt",
                  exists (select from unread n where n.owner_id = $1 and n.id = m.id) as "isUnread",
                  (select r.reported_at from reports r
                   where r.reporter_id = $1 and r.message_id = m.id) as "reportedAt"
           from messages m
           where m.owner_id = $1 and m.id = $2 and m.box <> 'sent' and m.origin is null and m.other_id <> $1
             and (select u.username from users u where u.id = m.other_id) is not null`,
    values: [ownerId, id],
  });
  return readNames(rows)[0];
}

/** How many this person has made since `after` (an id), and how many are open. */
export async function countOwnReports(
  db: Database,
  reporterId: string,
  after: string,
): Promise<{ recent: number; open: number }> {
  const { rows } = await db.query<{ recent: number; open: number }>(
    `select count(*) filter (where r.id > $2)::int as recent,
            count(*) filter (where r.closed_at is null)::int as open
     from reports r where r.reporter_id = $1`,
    [reporterId, after],
  );
  return rows[0]!;
}

export interface NewReport {
  reporterId: string;
  id: string;
  messageId: string;
  reportedId: string;
  encrypted: Buffer;
  reportedAt: Date;
}

/** False if this person has reported the message already. */
export async function insertReport(db: Database, report: NewReport): Promise<boolean> {
  const { reporterId, id, messageId, reportedId, encrypted, reportedAt } = report;
  const { rows } = await db.query(
    `insert into reports (reporter_id, id, message_id, reported_id, encrypted, reported_at)
     values ($1, $2, $3, $4, $5, $6) on conflict (reporter_id, message_id) do nothing returning id`,
    [reporterId, id, messageId, reportedId, encrypted, reportedAt],
  );
  return rows.length === 1;
}

export interface OwnReport {
  id: string;
  other: string | null;
  displayName: string | null;
  encrypted: Buffer;
  reportedAt: Date;
  lookedAt: Date[];
  closedAt: Date | null;
  answer: Buffer | null;
}

const ownColumns = `r.id, ${namesOf('r.reported_id')} as other, r.encrypted, r.reported_at as "reportedAt",
  r.looked_at as "lookedAt", r.closed_at as "closedAt", r.answer`;

export async function listOwnReportsBefore(
  db: Database,
  reporterId: string,
  before: string,
  limit: number,
): Promise<OwnReport[]> {
  const { rows } = await db.query<OwnReport>({
    name: 'list own reports before',
    text: `select ${ownColumns} from reports r
           where r.reporter_id = $1 and r.id < $2 order by r.id desc limit $3`,
    values: [reporterId, before, limit],
  });
  return readNames(rows);
}

export async function listOwnReportsAfter(
  db: Database,
  reporterId: string,
  after: string,
  limit: number,
): Promise<OwnReport[]> {
  const { rows } = await db.query<OwnReport>({
    name: 'list own reports after',
    text: `select ${ownColumns} from reports r where r.reporter_id = $1 and r.id > $2 order by r.id limit $3`,
    values: [reporterId, after, limit],
  });
  return readNames(rows);
}

/** With the account. */
export async function deleteReportsOf(db: Database, reporterId: string): Promise<void> {
  await db.query('delete from reports where reporter_id = $1', [reporterId]);
}

/** For the cleanup job: closed before then, or about an account that was deleted before then. */
export async function deleteExpiredReports(db: Database, before: Date, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `delete from reports where (reporter_id, id) in (
       select r.reporter_id, r.id from reports r
       where r.closed_at < $1
          or exists (select from deletions d
                     where d.owner_id = r.reported_id and d.id = r.reported_id and d.deleted_at < $1)
       limit $2)`,
    [before, limit],
  );
  return rowCount ?? 0;
}

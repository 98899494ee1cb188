// Reports in SQL, as administrators see them: all but those that they made or that are about them.
import type { Database } from '../../database/pool.ts';

export interface ListedReport {
  reporterId: string;
  id: string;
  /** Usernames; null for a deleted account. */
  reporter: string | null;
  reportedId: string;
  reported: string | null;
  reportedAt: Date;
  lookedAt: Date[];
  closedAt: Date | null;
  outcome: Outcome | null;
}

export type Outcome = 'nothing' | 'warned' | 'disabled';
export type State = 'open' | 'closed';

const username = (id: string) => `(select u.username from users u where u.id = ${id})`;
const columns = `r.reporter_id as "reporterId", r.id, ${username('r.reporter_id')} as reporter,
  r.reported_id as "reportedId", ${username('r.reported_id')} as reported, r.reported_at as "reportedAt",
  r.looked_at as "lookedAt", r.closed_at as "closedAt", r.outcome`;

/** Nobody decides in a case of their own. $1 is the administrator; for the command line, nobody. */
const foreign = '$1 not in (r.reporter_id, r.reported_id)';
const condition = { open: 'r.closed_at is null', closed: 'r.closed_at is not null' };

export async function listReportsBefore(
  db: Database,
  adminId: string,
  state: State,
  before: string,
  limit: number,
): Promise<ListedReport[]> {
  const { rows } = await db.query<ListedReport>({
    name: `list ${state} reports before`,
    text: `select ${columns} from reports r
           where ${condition[state]} and ${foreign} and r.id < $2 order by r.id desc limit $3`,
    values: [adminId, before, limit],
  });
  return rows;
}

export async function listReportsAfter(
  db: Database,
  adminId: string,
  state: State,
  after: string,
  limit: number,
): Promise<ListedReport[]> {
  const { rows } = await db.query<ListedReport>({
    name: `list ${state} reports after`,
    text: `select ${columns} from reports r
           where ${condition[state]} and ${foreign} and r.id > $2 order by r.id limit $3`,
    values: [adminId, after, limit],
  });
  return rows;
}

export async function countOpenReports(db: Database, adminId: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `select count(*)::int as count from reports r where ${condition.open} and ${foreign}`,
    [adminId],
  );
  return rows[0]!.count;
}

export interface Report extends ListedReport {
  encrypted: Buffer;
}

export async function findReport(db: Database, adminId: string, id: string): Promise<Report | undefined> {
  const { rows } = await db.query<Report>(
    `select ${columns}, r.encrypted from reports r where r.id = $2 and ${foreign}`,
    [adminId, id],
  );
  return rows[0];
}

/** What its reporter sees. */
export async function noteLook(db: Database, { reporterId, id }: ListedReport, at: Date): Promise<void> {
  await db.query(
    'update reports set looked_at = array_append(looked_at, $3) where reporter_id = $1 and id = $2',
    [reporterId, id, at],
  );
}

/** False if it was closed already; so of two who decide, one does. */
export async function markClosed(
  db: Database,
  { reporterId, id }: ListedReport,
  outcome: Outcome,
  answer: Buffer | null,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update reports set closed_at = now(), outcome = $3, answer = $4
     where reporter_id = $1 and id = $2 and closed_at is null`,
    [reporterId, id, outcome, answer],
  );
  return rowCount === 1;
}

/** Until the transaction ends, the account cannot be deleted. False if it is already. */
export async function keepAccount(db: Database, userId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'select from users where id = $1 and username is not null for key share',
    [userId],
  );
  return rowCount === 1;
}

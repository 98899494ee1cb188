// Exports in SQL: a user's run with its progress.
import type { Database, Pool } from '../../database/pool.ts';

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

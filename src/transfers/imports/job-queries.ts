// SQL of import jobs: one row per user, with the progress and the result of their latest import.
import type { Database, Pool } from '../../database/pool.ts';
import { transaction } from '../../database/transaction.ts';
import type { ImportReport } from './import-report.ts';

export type Phase = 'uploading' | 'waiting' | 'reading' | 'writing';

/** Identifies one import of one user, so that its job cannot touch the row of the next import. */
export interface JobKey {
  userId: string;
  job: string;
}

export interface JobProgress {
  phase: Phase;
  bytesRead: number;
  bytesTotal: number;
  messagesWritten: number;
  messagesTotal: number;
}

export type ImportResult =
  | { outcome: 'imported'; total: number; added: number; report: ImportReport }
  | { outcome: 'refused'; message: string }
  | { outcome: 'cancelled' | 'stopped' | 'interrupted' | 'failed' };

export interface ImportJob extends JobProgress {
  job: string;
  ownAddresses: string;
  endedAt: Date | null;
  /** Null while it runs. An import that died without a result counts as interrupted. */
  result: ImportResult | null;
}

// An import without a heartbeat for this long is dead: it may neither resume nor write.
const isAlive = `i.beat_at > now() - interval '30 seconds'`;
const isRunning = `i.result is null and ${isAlive}`;

// A logout or an expired session does not stop an import: its owner may come back to it. Ending all sessions for
// security does (new password, recovery, the operator), unless the session that started the import was kept.
const mayGoOn = `exists (
  select from users u where u.id = $1 and u.username is not null and u.disabled_at is null
    and (u.epoch = i.epoch or exists (
           select from sessions s where s.user_id = $1 and s.sid = i.sid and s.expire > now())))`;

interface NewJob {
  sid: string;
  bytesTotal: number;
  ownAddresses: string;
}

/** Replaces the row of the last import; false while that one still runs. */
export async function insertImport(db: Database, { userId, job }: JobKey, started: NewJob): Promise<boolean> {
  await db.query(`delete from imports i where user_id = $1 and not (${isRunning})`, [userId]);
  const { rows } = await db.query(
    `insert into imports (user_id, job, sid, epoch, bytes_total, own_addresses)
     select id, $2, $3, epoch, $4, $5 from users where id = $1 on conflict do nothing returning job`,
    [userId, job, started.sid, started.bytesTotal, started.ownAddresses],
  );
  return rows.length === 1;
}

/** Removes an import that was refused before it began, so that the user can start another. */
export async function deleteImport(db: Database, { userId, job }: JobKey): Promise<void> {
  await db.query('delete from imports where user_id = $1 and job = $2', [userId, job]);
}

/** False when the import must end. Commits asynchronously: a disk busy with the import must not make it look dead. */
export function keepImport(pool: Pool, { userId, job }: JobKey, now: JobProgress): Promise<boolean> {
  return transaction(pool, async (db) => {
    await db.query('set local synchronous_commit = off');
    const { rowCount } = await db.query(
      `update imports i set beat_at = now(), phase = $3, bytes_read = $4, bytes_total = $5,
              messages_written = $6, messages_total = $7
       where i.user_id = $1 and i.job = $2 and ${isRunning} and ${mayGoOn}`,
      [userId, job, now.phase, now.bytesRead, now.bytesTotal, now.messagesWritten, now.messagesTotal],
    );
    return rowCount === 1;
  });
}

export async function mayContinue(db: Database, { userId, job }: JobKey): Promise<boolean> {
  const { rowCount } = await db.query(
    `select from imports i where i.user_id = $1 and i.job = $2 and ${isRunning} and ${mayGoOn}`,
    [userId, job],
  );
  return rowCount === 1;
}

/** Commits the result together with the messages. False when the transaction must roll back: the import has to end. */
export async function finishImport(db: Database, key: JobKey, result: ImportResult): Promise<boolean> {
  const { rowCount } = await db.query(
    `update imports i set result = $3, ended_at = now(), messages_written = messages_total
     where i.user_id = $1 and i.job = $2 and ${isRunning} and ${mayGoOn}`,
    [key.userId, key.job, JSON.stringify(result)],
  );
  return rowCount === 1;
}

/** Ends an import that has written nothing; an existing result is kept. */
export async function endImport(db: Database, key: JobKey, result: ImportResult): Promise<void> {
  await db.query(
    `update imports i set result = $3, ended_at = now() where i.user_id = $1 and i.job = $2 and ${isRunning}`,
    [key.userId, key.job, JSON.stringify(result)],
  );
}

export async function dismissImport(db: Database, userId: string): Promise<void> {
  await db.query(`delete from imports i where user_id = $1 and not (${isRunning})`, [userId]);
}

export async function findImport(db: Database, userId: string): Promise<ImportJob | undefined> {
  const { rows } = await db.query<ImportJob & { isLost: boolean }>(
    `select job, phase, bytes_read::float8 as "bytesRead", bytes_total::float8 as "bytesTotal",
            messages_written as "messagesWritten", messages_total as "messagesTotal",
            own_addresses as "ownAddresses", ended_at as "endedAt", result,
            result is null and not ${isAlive} as "isLost"
     from imports i where user_id = $1`,
    [userId],
  );
  const [row] = rows;
  if (!row) return undefined;
  const { isLost, ...found } = row;
  return isLost ? { ...found, result: { outcome: 'interrupted' } } : found;
}

export async function isImporting(db: Database, userId: string): Promise<boolean> {
  const { rowCount } = await db.query(`select from imports i where user_id = $1 and ${isRunning}`, [userId]);
  return rowCount === 1;
}

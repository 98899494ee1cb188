// Account deletion in SQL: the credentials first, then the mailbox in batches, and the account last.
import { inBatches } from '../../database/batches.ts';
import type { Database, Pool } from '../../database/pool.ts';
import { transaction } from '../../database/transaction.ts';
import { rememberAccount } from '../../mailbox/trash/deletions.ts';
import { deleteReportsOf } from '../../mailbox/reports/queries.ts';
import { deleteResetLink } from '../queries.ts';
import { dropSecondFactor } from '../second-factor/queries.ts';
import { deleteSessions, endSessions } from '../../sessions/queries.ts';

const lockNotAvailable = '55P03';
const patienceMs = 5000;

/** Removes username and credentials. Ends sessions first: that stops a running import, which locks the username. */
export async function closeAccount(pool: Pool, userId: string): Promise<void> {
  const deadline = Date.now() + patienceMs;
  await endSessions(pool, userId);
  for (;;) {
    try {
      return await removeCredentials(pool, userId);
    } catch (error) {
      if ((error as { code?: unknown }).code !== lockNotAvailable || Date.now() > deadline) throw error;
    }
  }
}

/** Locks in the order of sending, purging and closing reports, to avoid deadlocks: reports, mailbox_usage, drafts,
 * users. */
async function removeCredentials(pool: Pool, userId: string): Promise<void> {
  await transaction(pool, async (db) => {
    await deleteReportsOf(db, userId);
    await db.query('delete from drafts where owner_id = $1', [userId]);
    await db.query('delete from contacts where owner_id = $1', [userId]);
    await db.query(
      `update users set username = null, display_name = null, name_key = null, password_hash = '', epoch = epoch + 1
       where id = $1`,
      [userId],
    );
    await rememberAccount(db, userId);
    await deleteSessions(db, userId);
    await dropSecondFactor(db, userId);
    await deleteResetLink(db, userId);
    await db.query('delete from known_browsers where user_id = $1', [userId]);
    await db.query('delete from invitations where inviter_id = $1', [userId]);
  });
}

/** The cleanup job resumes an interrupted purge. Foreign keys remove what statements in flight add to the mailbox. */
export async function purgeAccount(pool: Pool, userId: string): Promise<void> {
  for (const step of [removeMessages, removeSentForms]) {
    while (!(await inBatches((limit) => step(pool, userId, limit))).isDone);
  }
  await transaction(pool, async (db) => {
    await db.query('delete from mailbox_usage where owner_id = $1', [userId]);
    await db.query('delete from users where id = $1 and username is null', [userId]);
  });
}

export async function listClosedAccounts(db: Database): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>('select id from users where username is null');
  return rows.map(({ id }) => id);
}

async function removeMessages(db: Database, userId: string, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `delete from messages where owner_id = $1 and id = any (array (
       select id from messages where owner_id = $1 order by id limit $2 for update))`,
    [userId, limit],
  );
  return rowCount ?? 0;
}

async function removeSentForms(db: Database, userId: string, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `delete from sent_forms where owner_id = $1 and digest = any (array (
       select digest from sent_forms where owner_id = $1 limit $2))`,
    [userId, limit],
  );
  return rowCount ?? 0;
}

// Deleting an account, in SQL: nobody is called that any more at once; then the mailbox goes, little by little, and the
// account last, with everything else that belongs to it.
import { inBatches } from '../../database/batches.ts';
import type { Database, Pool } from '../../database/pool.ts';
import { transaction } from '../../database/transaction.ts';
import { deleteResetLink } from '../queries.ts';
import { dropSecondFactor } from '../second-factor/queries.ts';
import { deleteSessions, endSessions } from '../../sessions/queries.ts';

const lockNotAvailable = '55P03';
const patienceMs = 5000;

/**
 * From here on nobody can sign in as this person or write to them, and their name is shown nowhere. All sessions end
 * first: with its session an import ends that may be under way, and that holds the name until then.
 */
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

/**
 * The name, and all that signs in. Sign-ins under way find no name, and end. What sending locks as well goes in the same
 * order, here and when the account is removed: sizes of mailboxes, drafts, people. Else one would wait for the other.
 */
async function removeCredentials(pool: Pool, userId: string): Promise<void> {
  await transaction(pool, async (db) => {
    await db.query('delete from drafts where owner_id = $1', [userId]);
    await db.query(`update users set username = null, password_hash = '', epoch = epoch + 1 where id = $1`, [
      userId,
    ]);
    await deleteSessions(db, userId);
    await dropSecondFactor(db, userId);
    await deleteResetLink(db, userId);
    await db.query('delete from known_browsers where user_id = $1', [userId]);
    await db.query('delete from invitations where inviter_id = $1', [userId]);
  });
}

/**
 * Removes all that is left of a closed account. Whatever breaks it off, housekeeping goes on with it. What reached the
 * mailbox from a statement under way goes with the account: the foreign keys see to that.
 */
export async function purgeAccount(pool: Pool, userId: string): Promise<void> {
  for (const step of [removeMessages, removeSentForms]) {
    while (!(await inBatches((limit) => step(pool, userId, limit))).isDone);
  }
  await transaction(pool, async (db) => {
    await db.query('delete from mailbox_sizes where owner_id = $1', [userId]);
    await db.query('delete from users where id = $1 and username is null', [userId]);
  });
}

/** The accounts that are closed and not yet removed. */
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

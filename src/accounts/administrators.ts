// Administrators in SQL: who is one. One that can log in always remains.
import type { Database, Pool } from '../database/pool.ts';
import { transaction } from '../database/transaction.ts';
import { canAdminister } from '../mailbox/admin-notices.ts';

export async function grantAdmin(db: Database, userId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'update users set admin_since = now() where id = $1 and username is not null and admin_since is null',
    [userId],
  );
  return rowCount === 1;
}

export async function revokeAdmin(db: Database, userId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'update users set admin_since = null where id = $1 and admin_since is not null',
    [userId],
  );
  return rowCount === 1;
}

export async function isLastAdmin(db: Database, userId: string): Promise<boolean> {
  const { rows } = await db.query<{ id: string }>(`select id from users where ${canAdminister} limit 2`);
  return rows.length === 1 && rows[0]!.id === userId;
}

/** Locks all administrators until the transaction ends: two cannot leave, or remove each other, at the same moment. */
export async function isLastAdminLocked(db: Database, userId: string): Promise<boolean> {
  await db.query(`select from users where ${canAdminister} order by id for no key update`);
  return isLastAdmin(db, userId);
}

/** Before an account is deleted. False for the last administrator, who stays one unless this is meant. */
export function resign(pool: Pool, userId: string, evenLast = false): Promise<boolean> {
  return transaction(pool, async (db) => {
    if (!evenLast && (await isLastAdminLocked(db, userId))) return false;
    await revokeAdmin(db, userId);
    return true;
  });
}

export async function hasAdmin(db: Database): Promise<boolean> {
  const { rowCount } = await db.query(`select from users where ${canAdminister} limit 1`);
  return rowCount === 1;
}

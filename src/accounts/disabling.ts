// Disables and enables accounts: a disabled user cannot log in, but keeps the mailbox and receives messages.
import type { Database } from '../database/pool.ts';
import { withdrawInvitations } from './invitations/queries.ts';
import { deleteSessions } from '../sessions/queries.ts';

/** Also ends all sessions and withdraws invitations. Call in a transaction. False if already disabled. */
export async function disable(db: Database, userId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'update users set disabled_at = now(), epoch = epoch + 1 where id = $1 and disabled_at is null',
    [userId],
  );
  await deleteSessions(db, userId);
  await withdrawInvitations(db, userId);
  return rowCount === 1;
}

export async function enable(db: Database, userId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'update users set disabled_at = null where id = $1 and disabled_at is not null',
    [userId],
  );
  return rowCount === 1;
}

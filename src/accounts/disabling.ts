// Disabling an account: nobody gets in with it, until it is enabled again. What is in its mailbox stays, and letters to
// it still arrive: they are the person's own.
import type { Database } from '../database/pool.ts';
import { withdrawInvitations } from './invitations/queries.ts';
import { deleteSessions } from '../sessions/queries.ts';

/** Ends all sessions and takes invitations back, within a transaction. False when the account was disabled already. */
export async function disable(db: Database, userId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'update users set disabled_at = now(), epoch = epoch + 1 where id = $1 and disabled_at is null',
    [userId],
  );
  await deleteSessions(db, userId);
  await withdrawInvitations(db, userId);
  return rowCount === 1;
}

/** False when the account was not disabled. */
export async function enable(db: Database, userId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'update users set disabled_at = null where id = $1 and disabled_at is not null',
    [userId],
  );
  return rowCount === 1;
}

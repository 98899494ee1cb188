// Decides about registrations that wait: an approved one becomes an account, a declined one frees its name.
import { insertAccount } from '../../accounts/queries.ts';
import { declineWaiting, takeWaiting } from '../../accounts/registrations/queries.ts';
import type { Pool } from '../../database/pool.ts';
import { transaction } from '../../database/transaction.ts';
import { leaveNotice } from '../../mailbox/notices.ts';

/**
 * The username of the new member, who finds a notice; the account has the id of the registration. Undefined if it does
 * not wait any more.
 */
export function approve(pool: Pool, id: string): Promise<string | undefined> {
  return transaction(pool, async (db) => {
    const registration = await takeWaiting(db, id);
    if (!registration) return undefined;
    const { username, passwordHash } = registration;
    await insertAccount(db, username, passwordHash, id);
    await leaveNotice(db, id, approved(username));
    return username;
  });
}

/** The username, which is free again. Undefined if it does not wait any more. */
export function decline(pool: Pool, id: string): Promise<string | undefined> {
  return transaction(pool, (db) => declineWaiting(db, id));
}

function approved(username: string): string {
  return (
    `An administrator approved your registration. People can write to you by your username, ${username}. ` +
    'Under “Your account”, you can add a name beside it, and make recovery codes for a forgotten password.'
  );
}

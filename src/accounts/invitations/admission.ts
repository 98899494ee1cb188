// Registration policy (REGISTRATION): open, by invitation, approved by an administrator, or closed.
import { createAccount } from '../queries.ts';
import type { HashUsername } from '../used-usernames.ts';
import type { Config } from '../../config.ts';
import type { Database, Pool } from '../../database/pool.ts';
import { transaction } from '../../database/transaction.ts';
import { readLinkToken } from '../../secrets/link-tokens.ts';
import { findInviter, holdInvitation, useInvitation, type Inviter } from './queries.ts';

export type Refusal = 'closed' | 'no invitation' | 'void invitation';

export type Admission = { refusal: Refusal } | { refusal?: undefined; inviter?: Inviter; waits?: boolean };

/** Why registration is refused, or who invites; `waits` where an administrator decides, who has done so about people
 * with an invitation. Open registration ignores the invitation. */
export async function findAdmission(
  db: Database,
  registration: Config['registration'],
  token: unknown,
): Promise<Admission> {
  if (registration === 'open') return {};
  if (registration === 'closed') return { refusal: 'closed' };
  if (!token) return registration === 'approve' ? { waits: true } : { refusal: 'no invitation' };
  const key = readLinkToken(token);
  const inviter = key && (await findInviter(db, key));
  return inviter ? { inviter } : { refusal: 'void invitation' };
}

/** Creates the account and consumes the invitation in one transaction. 'taken' leaves the invitation valid. */
export async function admit(
  pool: Pool,
  hashUsername: HashUsername,
  registration: Config['registration'],
  token: unknown,
  username: string,
  passwordHash: string,
): Promise<{ id: string; epoch: number } | 'taken' | Refusal> {
  if (registration === 'open')
    return transaction(pool, (db) => createAccount(db, hashUsername, username, passwordHash));
  if (registration === 'closed') return 'closed';
  const key = readLinkToken(token);
  if (!key) return 'void invitation';
  return transaction(pool, async (db) => {
    if (!(await holdInvitation(db, key))) return 'void invitation';
    const account = await createAccount(db, hashUsername, username, passwordHash);
    if (account !== 'taken') await useInvitation(db, key);
    return account;
  });
}

/** `address` as in web/site-address.ts. */
export function invitationLink(address: string, token: string): string {
  return `${address}/register?invitation=${token}`;
}

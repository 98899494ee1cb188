// Who may register: everybody, whoever brings an invitation, or nobody (REGISTRATION).
import { createAccount } from '../queries.ts';
import type { HashUsername } from '../used-usernames.ts';
import type { Config } from '../../config.ts';
import type { Database, Pool } from '../../database/pool.ts';
import { transaction } from '../../database/transaction.ts';
import { readLinkToken } from '../../secrets/link-tokens.ts';
import { holdInvitation, isOpen, useInvitation } from './queries.ts';

export type Refusal = 'closed' | 'no invitation' | 'void invitation';

/** Why nobody may register with what they bring, or undefined. Where everybody may, an invitation is not looked at. */
export async function refuseAdmission(
  db: Database,
  registration: Config['registration'],
  token: unknown,
): Promise<Refusal | undefined> {
  if (registration === 'open') return undefined;
  if (registration === 'closed') return 'closed';
  if (!token) return 'no invitation';
  const key = readLinkToken(token);
  return key && (await isOpen(db, key)) ? undefined : 'void invitation';
}

/**
 * Makes the account, and uses the invitation up where one is needed: both or neither. 'taken' when somebody has the
 * name; the invitation is still good then.
 */
export async function admit(
  pool: Pool,
  hashUsername: HashUsername,
  registration: Config['registration'],
  token: unknown,
  username: string,
  passwordHash: string,
): Promise<{ id: string; epoch: number } | 'taken' | Refusal> {
  if (registration === 'open') return createAccount(pool, hashUsername, username, passwordHash);
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

/** What the inviter gives away. */
export function invitationLink({ publicUrl }: Pick<Config, 'publicUrl'>, token: string): string {
  return `${publicUrl}/register?invitation=${token}`;
}

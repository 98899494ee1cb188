// Who may register (an administrator's choice, else REGISTRATION): all, with an invitation, after approval, nobody.
import { grantAdmin } from '../administrators.ts';
import { createAccount } from '../queries.ts';
import type { HashUsername } from '../used-usernames.ts';
import type { Registration } from '../../config.ts';
import type { Database, Pool } from '../../database/pool.ts';
import { transaction } from '../../database/transaction.ts';
import { readLinkToken } from '../../secrets/link-tokens.ts';
import { findInviter, holdInvitation, useInvitation, type Inviter } from './queries.ts';

export type Refusal = 'closed' | 'no invitation' | 'void invitation';

export type Admission = { refusal: Refusal } | { refusal?: undefined; inviter?: Inviter; waits?: boolean };

/** Why registration is refused, or who invites; `waits` where an administrator decides, who has done so about people
 * with an invitation. Open registration ignores the invitation, unless it is that of the first administrator, which
 * works always. */
export async function findAdmission(
  db: Database,
  registration: Registration,
  token: unknown,
): Promise<Admission> {
  const key = readLinkToken(token);
  const inviter = key && (await findInviter(db, key));
  if (inviter?.makesAdmin) return { inviter };
  if (registration === 'open') return {};
  if (registration === 'closed') return { refusal: 'closed' };
  if (!token) return registration === 'approve' ? { waits: true } : { refusal: 'no invitation' };
  return inviter ? { inviter } : { refusal: 'void invitation' };
}

/** Creates the account and consumes the invitation in one transaction. 'taken' leaves the invitation valid. */
export async function admit(
  pool: Pool,
  hashUsername: HashUsername,
  registration: Registration,
  token: unknown,
  username: string,
  passwordHash: string,
): Promise<{ id: string; epoch: number } | 'taken' | Refusal> {
  const key = readLinkToken(token);
  return transaction(pool, async (db) => {
    const held = key && (await holdInvitation(db, key));
    const isFree = registration === 'open' && !held?.makesAdmin;
    if (registration === 'closed' && !held?.makesAdmin) return 'closed';
    if (!held && !isFree) return 'void invitation';
    const account = await createAccount(db, hashUsername, username, passwordHash);
    if (account === 'taken' || isFree) return account;
    await useInvitation(db, key!);
    if (held!.makesAdmin) await grantAdmin(db, account.id);
    return account;
  });
}

/** `address` as in web/site-address.ts. */
export function invitationLink(address: string, token: string): string {
  return `${address}/register?invitation=${token}`;
}

/** What follows about an invitation that is made: whether it is needed, and works. */
export function invitationHint({ registration }: { registration: Registration }): string {
  return {
    open: ' Registration is open: everybody can register without it.',
    invite: '',
    approve: ' Without it, an administrator decides about each registration.',
    closed: ' Registration is closed: it does not work until an invitation is enough.',
  }[registration];
}

/** For the operator, at the start. */
export function registrationInWords({ registration }: { registration: Registration }): string {
  const words = {
    open: 'is open to everybody who reaches this server',
    invite: 'takes an invitation',
    approve: 'waits for the approval of an administrator',
    closed: 'is closed',
  }[registration];
  return `Registration ${words}.`;
}

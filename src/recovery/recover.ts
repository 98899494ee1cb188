// What a recovery code does: it is used up, everything else of the person is signed out, and a notice says so.
import type { Request } from 'express';
import type { Account } from '../accounts/queries.ts';
import { disabledAccount } from '../accounts/sign-in.ts';
import type { Pool } from '../database/pool.ts';
import { transaction } from '../database/transaction.ts';
import { agentOf } from '../devices/agents.ts';
import { nobody } from '../ids.ts';
import { leaveNotice } from '../notices/queries.ts';
import { deleteSessions, startEpoch } from '../web/session-queries.ts';
import { exactTime } from '../web/times.ts';
import { useCode } from './queries.ts';

/**
 * The account, in its new epoch, if this is the hash of a code that it has left. An unknown one takes the same
 * statements. Throws a refusal for a disabled account, which keeps its code.
 */
export function recover(
  pool: Pool,
  account: Account | undefined,
  hash: Buffer,
  req: Request,
): Promise<Account | undefined> {
  return transaction(pool, async (db) => {
    const left = await useCode(db, account?.id ?? nobody, hash);
    if (!account || left === undefined) return undefined;
    if (account.isDisabled) throw disabledAccount();
    const epoch = await startEpoch(db, account.id);
    await deleteSessions(db, account.id);
    await leaveNotice(db, account.id, recoveryNotice(agentOf(req), new Date(), left));
    return { ...account, epoch };
  });
}

function recoveryNotice(agent: string, at: Date, left: number): string {
  const codes = left === 1 ? 'One code is left' : `${left || 'No'} codes are left`;
  return `A recovery code was used to log in to your account with ${agent} on ${exactTime(at)}. All other devices were signed out. ${codes}.

If that was you, choose a new password${left < 4 ? ' and make new codes' : ''} under “Your account”. If it was not, do both at once: somebody has your codes.`;
}

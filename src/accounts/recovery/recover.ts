// Account recovery: consumes recovery codes, ends all sessions and leaves a notice.
import type { Request } from 'express';
import type { Account } from '../queries.ts';
import { disabledAccount } from '../sign-in.ts';
import { asOwner } from '../../database/owner.ts';
import type { Database, Pool } from '../../database/pool.ts';
import { transaction } from '../../database/transaction.ts';
import type { WebContext } from '../../web/context.ts';
import { agentOf } from '../../web/user-agents.ts';
import { nobody } from '../../ids.ts';
import { leaveNotice } from '../../mailbox/notices.ts';
import { requiresTwoFactor } from '../second-factor/queries.ts';
import { deleteSessions, startEpoch } from '../../sessions/queries.ts';
import { exactTime } from '../../web/times.ts';
import { hasCode, useCodes } from './queries.ts';

/** The account in its new epoch, if the codes are valid. With a second factor it takes two: 'second code' means that
 * the first is right and not consumed. Unknown accounts run the same statements; a disabled one throws and keeps its
 * codes. */
export function recover(
  ctx: WebContext,
  account: Account | undefined,
  [first, second]: [Buffer, Buffer?],
  req: Request,
): Promise<Account | 'second code' | undefined> {
  const id = account?.id ?? nobody;
  return asOwner(id, () =>
    transaction(ctx.pool, async (db) => {
      const needsTwo = await requiresTwoFactor(db, id);
      const isWhole = !needsTwo || (second !== undefined && !second.equals(first));
      if (!isWhole) return (await hasCode(db, id, first)) ? 'second code' : undefined;
      const left = await useCodes(db, id, needsTwo ? [first, second] : [first]);
      if (!account || left === undefined) return undefined;
      if (account.isDisabled) throw disabledAccount(ctx, req, 'recovery code', id);
      const epoch = await signOut(
        db,
        id,
        notice(needsTwo ? 'Two recovery codes were' : 'A recovery code was', '', req, left),
      );
      return { ...account, epoch };
    }),
  );
}

/** Instead of the second factor, after the password: the new epoch, or undefined if the code is not valid. */
export function recoverFactor(
  pool: Pool,
  userId: string,
  hash: Buffer,
  req: Request,
): Promise<number | undefined> {
  return transaction(pool, async (db) => {
    const left = await useCodes(db, userId, [hash]);
    if (left === undefined) return undefined;
    return signOut(db, userId, notice('A recovery code was', ' in place of your second factor', req, left));
  });
}

async function signOut(db: Database, userId: string, words: string): Promise<number> {
  const epoch = await startEpoch(db, userId);
  await deleteSessions(db, userId);
  await leaveNotice(db, userId, words);
  return epoch;
}

function notice(what: string, why: string, req: Request, left: number): string {
  const codes = left === 1 ? 'One code is left' : `${left || 'No'} codes are left`;
  return (
    `${what} used${why} to log in to your account with ${agentOf(req)} on ${exactTime(new Date())}. ` +
    `All other devices were logged out. ${codes}.\n\n` +
    `If that was you, choose a new password${left < 4 ? ' and make new codes' : ''} under “Your account”. ` +
    'If it was not, do both immediately: somebody has your codes.'
  );
}

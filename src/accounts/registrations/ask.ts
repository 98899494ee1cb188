// Asks to register where an administrator decides (REGISTRATION=approve), and tells the administrators.
import type { Pool } from '../../database/pool.ts';
import { transaction } from '../../database/transaction.ts';
import { tellAdmins } from '../../mailbox/admin-notices.ts';
import { HttpError } from '../../web/errors.ts';
import type { AccountsContext } from '../context.ts';
import { reserveUsername } from '../queries.ts';
import type { HashUsername } from '../used-usernames.ts';
import { countWaiting, insertRegistration, type OwnRegistration } from './queries.ts';

export const maxWaiting = 1000;
export const maxLineLength = 500;
export const registrationsKeptFor = 30 * 24 * 60 * 60 * 1000;

/** False if the name is taken. Throws a 503 while too many wait. */
export async function askToRegister(
  ctx: AccountsContext,
  applicant: { username: string; line: string },
  passwordHash: string,
): Promise<boolean> {
  if ((await countWaiting(ctx.pool)) >= maxWaiting) throw crowded();
  const isWaiting = await reserve(ctx.pool, ctx.hashUsername, applicant, passwordHash);
  if (isWaiting)
    await tellAdmins(ctx, {
      sentence: 'Somebody asks to register and waits for an administrator.',
      page: '/admin/registrations',
    });
  return isWaiting;
}

function reserve(
  pool: Pool,
  hashUsername: HashUsername,
  applicant: { username: string; line: string },
  passwordHash: string,
): Promise<boolean> {
  return transaction(pool, async (db) => {
    const nameHash = await reserveUsername(db, hashUsername, applicant.username);
    if (!nameHash) return false;
    await insertRegistration(db, applicant, passwordHash, nameHash);
    return true;
  });
}

/** Only for those who have typed the password of this registration. */
export function undecided({ isDeclined }: OwnRegistration): HttpError {
  return new HttpError(
    422,
    isDeclined
      ? 'An administrator declined your registration, so there is no account of this name.'
      : 'Your registration waits for an administrator. You can log in once it is approved.',
  );
}

function crowded(): HttpError {
  return new HttpError(
    503,
    'Too many registrations wait for an administrator. Please try again another day.',
  );
}

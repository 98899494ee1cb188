// The end of every way to sign in: by password, after a second factor, with a passkey or a recovery code.
import type { Request, Response } from 'express';
import type { Pool } from '../database/pool.ts';
import { startSession } from '../web/session.ts';
import type { Account } from './queries.ts';

/** Signs this person in. Throws a refusal when all their sessions have been ended since the account was read. */
export type SignIn = (req: Request, res: Response, account: Pick<Account, 'id' | 'epoch'>) => Promise<void>;

export function createSignIn(pool: Pool): SignIn {
  return (req, _res, account) => startSession(pool, req, account);
}

// Pending logins: an encrypted cookie between the password and the second factor.
import type { Response } from 'express';
import { z } from 'zod';
import type { Account } from '../queries.ts';
import type { WebContext } from '../../web/context.ts';
import { encryptedCookie } from '../../web/encrypted-cookie.ts';
import { newNonce } from '../../secrets/nonces.ts';

const lastsMs = 10 * 60 * 1000;
const maxNextLength = 2000; // browsers drop cookies over 4 kB

const pending = z.object({
  id: z.string(),
  /** The account's epoch when the password was checked. */
  epoch: z.int(),
  /** A nonce: valid for one login. */
  key: z.string(),
  /** Empty: the start page. */
  next: z.string(),
});

export type PendingLogin = z.infer<typeof pending>;

export const pendingLogin = encryptedCookie('second', pending, lastsMs);

export function beginPendingLogin(
  ctx: WebContext,
  res: Response,
  { id, epoch }: Pick<Account, 'id' | 'epoch'>,
  next = '',
): void {
  const target = next.length <= maxNextLength ? next : '';
  pendingLogin.write(ctx, res, { id, epoch, key: newNonce(), next: target });
}

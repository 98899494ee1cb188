// Confirms the second factor again, together with the password, where the password alone is not enough.
import type { Request } from 'express';
import { isRecent } from '../confirm-password.ts';
import type { AccountsContext } from '../context.ts';
import { readUse } from '../passkeys/answers.ts';
import type { Account } from '../queries.ts';
import { logFailedLogin } from '../sign-in.ts';
import { changeSession } from '../../sessions/session.ts';
import { typedIn } from '../../web/forms.ts';
import { typedCode } from './codes.ts';
import { findTwoFactorLogin } from './queries.ts';
import { decryptSecret } from './secrets.ts';
import { tryCode, tryPasskey } from './try-factor.ts';

/** A login counts: whoever has a second factor needed it there. */
export function isFactorConfirmed({ session }: Request): boolean {
  return isRecent(session.factorAt ?? session.startedAt);
}

/** What is wrong with the code or the passkey of this form, or undefined. Throws a 429. */
export async function checkFactor(
  ctx: AccountsContext,
  req: Request,
  { id, epoch }: Account,
): Promise<{ field: string; message: string } | undefined> {
  const factor = await findTwoFactorLogin(ctx.pool, id, epoch);
  if (!factor) return undefined; // the login asks for none either
  const { code, credential } = typedIn(req.body);
  const wrong = credential
    ? await judgePasskey(ctx, req, id, credential)
    : await judgeCode(ctx, req, id, factor.secret, code);
  const way = credential ? 'password and passkey' : 'password and code';
  if (wrong) logFailedLogin(ctx, req, way, id);
  else changeSession(req, { factorAt: Date.now() });
  return wrong;
}

export const factorPurpose = (userId: string) => `second factor again, ${userId}`;

async function judgeCode(
  ctx: AccountsContext,
  req: Request,
  id: string,
  encrypted: Buffer | null,
  typed: string | undefined,
) {
  const code = typedCode.safeParse(typed);
  if (!code.success) return { field: 'code', message: code.error.issues[0]!.message };
  const secret = encrypted ? decryptSecret(ctx.encryption, id, encrypted) : undefined;
  if (!secret) return { field: '', message: 'Your codes cannot be checked here. Log out and log in again.' };
  const wrong = await tryCode(ctx, req, { id, secret, code: code.data });
  return wrong ? { field: 'code', message: wrong } : undefined;
}

async function judgePasskey(ctx: AccountsContext, req: Request, id: string, credential: string) {
  const isRight = await tryPasskey(ctx, req, { id, purpose: factorPurpose(id), answer: readUse(credential) });
  return isRight ? undefined : { field: '', message: 'This passkey was not accepted. Please try again.' };
}

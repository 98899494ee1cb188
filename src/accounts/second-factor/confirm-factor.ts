// Confirms the second factor again, together with the password, where the password alone is not enough.
import type { Request } from 'express';
import { isRecent } from '../confirm-password.ts';
import type { AccountsContext } from '../context.ts';
import { readUse } from '../passkeys/answers.ts';
import { verifyAuthentication } from '../passkeys/ceremonies.ts';
import { findPasskey } from '../passkeys/queries.ts';
import type { Account } from '../queries.ts';
import { logFailedLogin } from '../sign-in.ts';
import { changeSession } from '../../sessions/session.ts';
import { typedIn } from '../../web/forms.ts';
import { consumeCodeAttempt } from './code-attempts.ts';
import { findStep, newestStep, typedCode } from './codes.ts';
import { findTwoFactorLogin, useStep } from './queries.ts';
import { decryptSecret } from './secrets.ts';

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
  const refund = await consumeCodeAttempt(ctx, req, id);
  const step = findStep(secret, code.data);
  if (step === undefined) return { field: 'code', message: 'This is not the current code.' };
  if (!(await useStep(ctx.pool, id, step, newestStep())))
    return { field: 'code', message: 'This code has been used. Please wait for the next one.' };
  await refund();
  return undefined;
}

async function judgePasskey(ctx: AccountsContext, req: Request, id: string, credential: string) {
  const refund = await consumeCodeAttempt(ctx, req, id);
  const answer = readUse(credential);
  const passkey = answer && (await findPasskey(ctx.pool, id, answer.id));
  if (!passkey || !(await verifyAuthentication(ctx, factorPurpose(id), answer, passkey, false)))
    return { field: '', message: 'This passkey was not accepted. Please try again.' };
  await refund();
  return undefined;
}

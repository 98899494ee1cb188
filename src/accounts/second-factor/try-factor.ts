// One attempt at a second factor, counted before it is checked, so that concurrent attempts count too.
import type { Request } from 'express';
import type { MailboxContext } from '../../mailbox/context.ts';
import type { UseAnswer } from '../passkeys/answers.ts';
import { verifyAuthentication } from '../passkeys/ceremonies.ts';
import { findPasskey } from '../passkeys/queries.ts';
import { consumeCodeAttempt } from './code-attempts.ts';
import { findStep, newestStep } from './codes.ts';
import { useStep } from './queries.ts';

interface CodeAttempt {
  id: string; // the user's
  secret: Buffer;
  code: string;
}

/** What is wrong with the code, or undefined; a right one is used by this. Throws a 429. */
export async function tryCode(
  ctx: MailboxContext,
  req: Request,
  { id, secret, code }: CodeAttempt,
): Promise<string | undefined> {
  const refund = await consumeCodeAttempt(ctx, req, id);
  const step = findStep(secret, code);
  if (step === undefined) return 'This is not the current code.';
  if (!(await useStep(ctx.pool, id, step, newestStep())))
    return 'This code has been used. Please wait for the next one.';
  await refund();
  return undefined;
}

interface PasskeyAttempt {
  id: string; // the user's
  purpose: string; // of the challenge
  answer: UseAnswer | undefined;
}

/** Whether it is one of the user's passkeys. Throws a 429. */
export async function tryPasskey(
  ctx: MailboxContext,
  req: Request,
  { id, purpose, answer }: PasskeyAttempt,
): Promise<boolean> {
  const refund = await consumeCodeAttempt(ctx, req, id);
  const passkey = answer && (await findPasskey(ctx.pool, id, answer.id));
  if (!passkey || !(await verifyAuthentication(ctx, purpose, answer, passkey, false))) return false;
  await refund();
  return true;
}

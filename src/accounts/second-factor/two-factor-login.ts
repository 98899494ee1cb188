// Two-factor login: loads the pending login and completes it.
import type { Request, RequestHandler, Response } from 'express';
import { showLogin } from '../routes.ts';
import { logFailedLogin, signIn } from '../sign-in.ts';
import { findPreservedMessage } from '../../mailbox/compose/message-form.ts';
import { keepPreservedMessage } from '../../mailbox/compose/refused-message.ts';
import type { MailboxContext } from '../../mailbox/context.ts';
import { becomeOwner } from '../../database/owner.ts';
import type { WebContext } from '../../web/context.ts';
import { lendAnonymousToken } from '../../web/csrf.ts';
import { flash } from '../../web/flash.ts';
import { blankForm, rejectField } from '../../web/forms.ts';
import { isConsumed, consumeNonce } from '../../secrets/nonces.ts';
import { pendingLogin, type PendingLogin } from './pending-login.ts';
import { findTwoFactorLogin, type TwoFactorLogin } from './queries.ts';

export type OpenTwoFactorLogin = TwoFactorLogin & { pending: PendingLogin };

function startOver(ctx: WebContext, req: Request, res: Response): void {
  pendingLogin.clear(ctx, res);
  if (hasMessage(req)) {
    lendAnonymousToken(ctx, req, res);
    return showLogin(req, res.status(422), rejectField(blankForm(), '', onceMore));
  }
  flash(ctx, res, { line: onceMore });
  res.redirect(303, '/login');
}

/** Requires a pending login, even if another user is signed in; otherwise the login starts over. */
export function requirePendingLogin(ctx: WebContext): RequestHandler {
  const { pool } = ctx;
  return async (req, res, next) => {
    const pending = pendingLogin.read(ctx, req);
    if (!pending && req.user && !hasMessage(req)) return res.redirect(303, req.user.startPage);
    if (!pending || (await isConsumed(pool, pending.key))) return startOver(ctx, req, res);
    becomeOwner(pending.id);
    const step = await findTwoFactorLogin(pool, pending.id, pending.epoch);
    if (!step) return startOver(ctx, req, res);
    req.twoFactorLogin = { ...step, pending };
    next();
  };
}

type Factor = 'code' | 'passkey' | 'recovery code';

/** `epoch` and `next`: if they are others than those of the pending login. */
export async function finishTwoFactorLogin(
  ctx: MailboxContext,
  req: Request,
  res: Response,
  factor: Factor,
  changed: { epoch?: number; next?: string } = {},
): Promise<void> {
  const { pending, id, username, epoch } = twoFactorLoginOf(req);
  if (!(await consumeNonce(ctx.pool, pending.key))) return startOver(ctx, req, res);
  const startPage = await signIn(
    ctx,
    req,
    res,
    { id, epoch: changed.epoch ?? epoch },
    `password and ${factor}`,
  );
  pendingLogin.clear(ctx, res);
  const draft = await keepPreservedMessage(ctx, { id, username }, req.body);
  res.redirect(303, draft ?? changed.next ?? (pending.next || startPage));
}

const onceMore = 'That took too long, or something has changed. Please log in again.';

/** Whether the form carries a message preserved from an expired session. */
function hasMessage(req: Request): boolean {
  return findPreservedMessage(req.body) !== undefined;
}

export function logFailedFactor(ctx: WebContext, req: Request, factor: Factor): void {
  logFailedLogin(ctx, req, `password and ${factor}`, twoFactorLoginOf(req).id);
}

export function twoFactorLoginOf(req: Request): OpenTwoFactorLogin {
  if (!req.twoFactorLogin) throw new Error('This route is not behind requirePassword.');
  return req.twoFactorLogin;
}

// Two-factor login: loads the pending login and completes it.
import type { NextFunction, Request, Response } from 'express';
import { showLogin } from '../routes.ts';
import type { SignIn } from '../sign-in.ts';
import { findPreservedMessage } from '../../mailbox/compose/message-form.ts';
import type { KeepPreservedMessage } from '../../mailbox/compose/refused-message.ts';
import type { Config } from '../../config.ts';
import { becomeOwner } from '../../database/owner.ts';
import type { Pool } from '../../database/pool.ts';
import { anonymousToken } from '../../web/csrf.ts';
import type { Flash } from '../../web/flash.ts';
import { blankForm, rejectField } from '../../web/forms.ts';
import { isConsumed, consumeNonce } from '../../secrets/nonces.ts';
import type { PendingLogin, PendingLogins } from './pending-login.ts';
import { findTwoFactorLogin, type TwoFactorLogin } from './queries.ts';

export type OpenTwoFactorLogin = TwoFactorLogin & { pending: PendingLogin };

interface Parts {
  pool: Pool;
  config: Config;
  signIn: SignIn;
  keepPreservedMessage: KeepPreservedMessage;
  pendingLogins: PendingLogins;
  flash: Flash;
}

export function openTwoFactorLogins(parts: Parts) {
  const { pool, config, signIn, keepPreservedMessage, pendingLogins, flash } = parts;
  const lendToken = anonymousToken(config);

  const startOver = (req: Request, res: Response): void => {
    pendingLogins.forget(res);
    if (hasMessage(req)) {
      lendToken(req, res);
      return showLogin(req, res.status(422), rejectField(blankForm(), '', onceMore));
    }
    flash(res, { line: onceMore });
    res.redirect(303, '/login');
  };

  /** Requires a pending login, even if another user is signed in; otherwise the login starts over. */
  const requirePassword = async (req: Request, res: Response, next: NextFunction): Promise<void> => {
    const pending = pendingLogins.read(req);
    if (!pending && req.user && !hasMessage(req)) return res.redirect(303, '/inbox');
    if (!pending || (await isConsumed(pool, pending.key))) return startOver(req, res);
    becomeOwner(pending.id);
    const step = await findTwoFactorLogin(pool, pending.id, pending.epoch);
    if (!step) return startOver(req, res);
    req.twoFactorLogin = { ...step, pending };
    next();
  };

  const finish = async (
    req: Request,
    res: Response,
    { epoch, next }: { epoch: number; next: string } = nextOf(req),
  ): Promise<void> => {
    const { pending, id, username } = twoFactorLoginOf(req);
    if (!(await consumeNonce(pool, pending.key))) return startOver(req, res);
    await signIn(req, res, { id, epoch });
    pendingLogins.forget(res);
    const draft = await keepPreservedMessage({ id, username }, req.body);
    res.redirect(303, draft ?? next);
  };
  return { requirePassword, finish };
}

const nextOf = (req: Request) => ({
  epoch: twoFactorLoginOf(req).epoch,
  next: twoFactorLoginOf(req).pending.next,
});

const onceMore = 'That took too long, or something has changed. Please log in once more.';

/** Whether the form carries a message preserved from an expired session. */
function hasMessage(req: Request): boolean {
  return findPreservedMessage(req.body) !== undefined;
}

export type TwoFactorLogins = ReturnType<typeof openTwoFactorLogins>;

export function twoFactorLoginOf(req: Request): OpenTwoFactorLogin {
  if (!req.twoFactorLogin) throw new Error('This route is not behind requirePassword.');
  return req.twoFactorLogin;
}

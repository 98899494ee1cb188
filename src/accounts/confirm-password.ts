// Confirm password: sensitive actions ask for it again unless it was given in the last 15 minutes.
import { Router, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { z } from 'zod';
import { allowOnly } from '../web/errors.ts';
import { blankForm, parseForm, preserveInput, rejectField, type Form } from '../web/forms.ts';
import { localPath } from '../web/local-path.ts';
import { logSecurity } from '../web/security-log.ts';
import { changeSession, renewSessionId, signedIn } from '../sessions/session.ts';
import type { AccountsContext } from './context.ts';
import { typedPassword } from './passwords.ts';
import { findOwnAccount, type Account } from './queries.ts';
import { logFailedLogin, type Way } from './sign-in.ts';
import { verifyPassword } from './verify-password.ts';

export const validForMs = 15 * 60 * 1000;
const confirmForm = z.object({ password: typedPassword, next: z.string().optional() });

/** The user's account if the password is right, or undefined. Renews the session ID. Throws a 429. */
export async function checkPassword(
  ctx: AccountsContext,
  req: Request,
  password: string,
): Promise<Account | undefined> {
  const { config, pool, rateLimits, limitHashing } = ctx;
  const { id } = signedIn(req);
  const refund = await rateLimits('confirmations', config.loginsPerMinute, 60).consume(id);
  const account = await limitHashing(async (hasher) =>
    verifyPassword(pool, hasher, await findOwnAccount(pool, id), password),
  );
  if (!account) {
    logFailedLogin(ctx, req, 'confirm password', id);
    return undefined;
  }
  await refund();
  await renewSessionId(pool, req);
  logSecurity(ctx, req, { event: 'login', detail: 'confirm password' satisfies Way, account: id });
  changeSession(req, { confirmedAt: Date.now() });
  return account;
}

export function confirmPasswordRoutes(ctx: AccountsContext): Router {
  const router = Router();
  router
    .route('/account/confirm')
    .all(preserveInput(showConfirm))
    .get((req, res) => {
      const next = localPath(req.query.next);
      showConfirm(req, res, blankForm(next ? { next } : {}));
    })
    .post(async (req, res) => {
      const form = parseForm(confirmForm, req.body);
      if (!form.ok) return showConfirm(req, res.status(422), form);
      if (!(await checkPassword(ctx, req, form.values.password)))
        return showConfirm(req, res.status(422), rejectField(form, 'password', 'This is not your password.'));
      res.redirect(303, localPath(form.values.next) ?? '/account');
    })
    .all(allowOnly('GET', 'POST'));
  return router;
}

export function isConfirmed(req: Request): boolean {
  return isRecent(req.session.confirmedAt);
}

export function isRecent(confirmedAt = 0): boolean {
  return Date.now() - confirmedAt < validForMs;
}

/** Guards sensitive routes: redirects to the confirm page unless the password was confirmed recently. */
export function requireConfirmed(page: string): RequestHandler {
  return (req: Request, res: Response, next: NextFunction): void => {
    if (isConfirmed(req)) return next();
    res.redirect(303, `/account/confirm?next=${encodeURIComponent(page)}`);
  };
}

function showConfirm(req: Request, res: Response, form: Form): void {
  res.render('accounts/confirm-password', { form });
}

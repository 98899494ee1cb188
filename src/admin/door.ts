// The door to /admin: for administrators who have just confirmed their password and their second factor.
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { checkPassword, isConfirmed } from '../accounts/confirm-password.ts';
import type { AccountsContext } from '../accounts/context.ts';
import { requestOptions } from '../accounts/passkeys/ceremonies.ts';
import { typedPassword } from '../accounts/passwords.ts';
import { findOwnAccount } from '../accounts/queries.ts';
import { checkFactor, factorPurpose, isFactorConfirmed } from '../accounts/second-factor/confirm-factor.ts';
import { findTwoFactorLogin, requiresTwoFactor } from '../accounts/second-factor/queries.ts';
import { blankForm, parseForm, rejectField, typedIn, type Form } from '../web/forms.ts';
import { localPath } from '../web/local-path.ts';
import { fieldsOf } from '../web/repeated-form.ts';
import { signedIn } from '../sessions/session.ts';

const confirmation = z.object({ password: typedPassword });

/** For everybody else, addresses below /admin do not exist. */
export function onlyAdmins(req: Request, res: Response, next: NextFunction): void {
  next(signedIn(req).isAdmin ? undefined : 'route');
}

/** Asks on the address that was wanted. A form waits on the page that asks, and goes on with its fields. */
export function requireConfirmation(ctx: AccountsContext): RequestHandler {
  const { pool } = ctx;

  async function ask(req: Request, res: Response, form: Form): Promise<void> {
    const { id } = signedIn(req);
    const account = await findOwnAccount(pool, id);
    const factor = account && (await findTwoFactorLogin(pool, id, account.epoch));
    const passkeys = factor?.passkeys ?? [];
    res.render('admin/confirm', {
      form,
      action: localPath(req.originalUrl) ?? '/admin',
      isPage: req.method !== 'POST' || isForPage(req),
      fields: fieldsOf(req.body, 'password', 'code', 'credential', 'asked'),
      hasCodes: Boolean(factor?.secret),
      question: passkeys.length > 0 ? requestOptions(ctx, factorPurpose(id), passkeys) : undefined,
    });
  }

  return async (req, res, next) => {
    if (await isFresh(req)) return next();
    if (req.method !== 'POST') return ask(req, res, blankForm());
    if (typedIn(req.body).password === undefined) return ask(req, res.status(403), blankForm());
    req.renderAgain = ({ message }) => {
      req.renderAgain = undefined;
      ask(req, res, { typed: {}, errors: { '': message } }).catch(next);
    };
    const form = parseForm(confirmation, req.body);
    if (!form.ok) return ask(req, res.status(422), form);
    const account = await checkPassword(ctx, req, form.values.password);
    if (!account)
      return ask(req, res.status(422), rejectField(form, 'password', 'This is not your password.'));
    const wrong = await checkFactor(ctx, req, account);
    if (wrong) return ask(req, res.status(422), rejectField(form, wrong.field, wrong.message));
    req.renderAgain = undefined;
    if (!isForPage(req)) return next();
    res.redirect(303, localPath(req.originalUrl) ?? '/admin');
  };

  async function isFresh(req: Request): Promise<boolean> {
    return isConfirmed(req) && (isFactorConfirmed(req) || !(await requiresTwoFactor(pool, signedIn(req).id)));
  }
}

const isForPage = (req: Request) => typedIn(req.body).asked === 'page';

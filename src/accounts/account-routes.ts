// The account page and the change-password form.
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { membersMayInvite } from './invitations/routes.ts';
import { findUsage } from '../mailbox/usage.ts';
import { findCodesLeft } from './recovery/queries.ts';
import { allowOnly } from '../web/errors.ts';
import { flash } from '../web/flash.ts';
import { blankForm, parseForm, preserveInput, rejectField, type Form } from '../web/forms.ts';
import { localPath } from '../web/local-path.ts';
import { sessionKey } from '../sessions/queries.ts';
import { changeSession, saveSession, signedIn } from '../sessions/session.ts';
import { changeAccount } from './changes.ts';
import { checkPassword } from './confirm-password.ts';
import type { AccountsContext } from './context.ts';
import { newPassword, typedPassword } from './passwords.ts';
import { changePassword, findOwnAccount, findOwnName, type Account } from './queries.ts';
import { rejectWeak } from './weak-passwords.ts';

const recoveredForm = z.object({ password: newPassword, next: z.string().optional() });
const passwordForm = recoveredForm.extend({ current: typedPassword });
type NewPassword = z.infer<typeof recoveredForm> & { current?: string };
const notYours = 'This is not your password.';
const recoveredForMs = 15 * 60 * 1000;

export function accountRoutes(ctx: AccountsContext): Router {
  const { config, pool, limitHashing } = ctx;
  const router = Router();
  router
    .route('/account')
    .get(async (req, res) => {
      const { id } = signedIn(req);
      const [own, codes, usage] = await Promise.all([
        findOwnName(pool, id),
        findCodesLeft(pool, id),
        findUsage(pool, id, config.mailbox),
      ]);
      const mayInvite = membersMayInvite(ctx) ? config.membersInvite : 0;
      res.render('accounts/account', {
        displayName: own.displayName,
        codesLeft: codes?.count ?? 0,
        mayInvite,
        usage,
      });
    })
    .all(allowOnly('GET'));

  router
    .route('/account/password')
    .all(preserveInput(showPassword))
    .get((req, res) => {
      const next = localPath(req.query.next);
      showPassword(req, res, blankForm(next ? { next } : {}));
    })
    .post(async (req, res) => {
      const form = parseForm<NewPassword>(isRecovered(req) ? recoveredForm : passwordForm, req.body);
      const account = await findByCurrent(ctx, req, form.typed.current);
      const strong = await rejectWeak(form, signedIn(req).username, ctx);
      const judged = account || form.errors.current ? strong : rejectField(strong, 'current', notYours);
      if (!account || !form.ok || judged !== form) return showPassword(req, res.status(422), judged);

      const { password, next } = form.values;
      const hash = await limitHashing((hasher) => hasher.hash(password));
      const isChanged = await changeAccount(
        ctx,
        req,
        'password',
        (db) => changePassword(db, account, hash, ownSid(req)),
        'Your password was changed',
      );
      if (!isChanged) {
        const wrong = rejectField(form, 'current', notYours);
        return showPassword(req, res.status(422), wrong);
      }
      flash(ctx, res, { line: 'Your password is changed. All other devices are logged out.' });
      changeSession(req, { recoveredAt: undefined });
      await saveSession(req);
      res.redirect(303, localPath(next) ?? '/account');
    })
    .all(allowOnly('GET', 'POST'));
  return router;
}

/** The account, if its password is right, or need not be given; undefined also where it is missing. */
async function findByCurrent(
  ctx: AccountsContext,
  req: Request,
  typed: string | undefined,
): Promise<Account | undefined> {
  if (isRecovered(req)) return findOwnAccount(ctx.pool, signedIn(req).id);
  const current = typedPassword.safeParse(typed).data;
  return current === undefined ? undefined : checkPassword(ctx, req, current);
}

export function ownSid(req: Request): string {
  return sessionKey(req.sessionID)[1];
}

/** After a recovery login, the password may be set without the current one. */
function isRecovered(req: Request): boolean {
  return Date.now() - (req.session.recoveredAt ?? 0) < recoveredForMs;
}

function showPassword(req: Request, res: Response, form: Form): void {
  const back = localPath(form.typed.next) ?? '/account';
  res.render('accounts/password', { form, back, isRecovered: isRecovered(req) });
}

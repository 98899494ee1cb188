// The account page and the change-password form.
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { membersMayInvite } from './invitations/routes.ts';
import { findUsage } from '../mailbox/quota.ts';
import { findCodesLeft } from './recovery/queries.ts';
import { allowOnly } from '../web/errors.ts';
import { flash } from '../web/flash.ts';
import { blankForm, parseForm, rejectField, type Form } from '../web/forms.ts';
import { localPath } from '../web/local-path.ts';
import { sessionKey } from '../sessions/queries.ts';
import { changeSession, saveSession, signedIn } from '../sessions/session.ts';
import { changeAccount } from './changes.ts';
import { checkPassword } from './confirm-password.ts';
import type { AccountsContext } from './context.ts';
import { newPassword, typedPassword } from './passwords.ts';
import { changePassword, findOwnAccount } from './queries.ts';
import { findWeakness } from './weak-passwords.ts';

const recoveredForm = z.object({ password: newPassword, next: z.string().optional() });
const passwordForm = recoveredForm.extend({ current: typedPassword });
type NewPassword = z.infer<typeof recoveredForm> & { current?: string };
const recoveredForMs = 15 * 60 * 1000;

export function accountRoutes(ctx: AccountsContext): Router {
  const { config, pool, limitHashing } = ctx;
  const router = Router();
  router
    .route('/account')
    .get(async (req, res) => {
      const { id } = signedIn(req);
      const [codes, usage] = await Promise.all([
        findCodesLeft(pool, id),
        findUsage(pool, id, config.mailbox),
      ]);
      const mayInvite = membersMayInvite(config) ? config.membersInvite : 0;
      res.render('accounts/account', { codesLeft: codes?.count ?? 0, mayInvite, usage });
    })
    .all(allowOnly('GET'));

  router
    .route('/account/password')
    .get((req, res) => {
      const next = localPath(req.query.next);
      showPassword(req, res, blankForm(next ? { next } : {}));
    })
    .post(async (req, res) => {
      const form = parseForm<NewPassword>(isRecovered(req) ? recoveredForm : passwordForm, req.body);
      if (!form.ok) return showPassword(req, res.status(422), form);
      const { current, password, next } = form.values;
      const weakness = await findWeakness(password, signedIn(req).username, config.publicUrl);
      if (weakness) return showPassword(req, res.status(422), rejectField(form, 'password', weakness));

      const account =
        current === undefined
          ? await findOwnAccount(pool, signedIn(req).id)
          : await checkPassword(ctx, req, current);
      const hash = account && (await limitHashing((hasher) => hasher.hash(password)));
      const isChanged =
        hash &&
        (await changeAccount(
          ctx,
          req,
          (db) => changePassword(db, account, hash, ownSid(req)),
          'Your password was changed',
        ));
      if (!isChanged) {
        const wrong = rejectField(form, 'current', 'This is not your password.');
        return showPassword(req, res.status(422), wrong);
      }
      flash(ctx, res, { line: 'Your password is changed. All other devices are signed out.' });
      changeSession(req, { recoveredAt: undefined });
      await saveSession(req);
      res.redirect(303, localPath(next) ?? '/account');
    })
    .all(allowOnly('GET', 'POST'));
  return router;
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

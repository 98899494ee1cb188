// Delete account: GET and POST /account/delete.
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { isLastAdmin, resign } from '../administrators.ts';
import { typedPassword } from '../passwords.ts';
import { checkPassword } from '../confirm-password.ts';
import type { AccountsContext } from '../context.ts';
import { allowOnly } from '../../web/errors.ts';
import { flash } from '../../web/flash.ts';
import { blankForm, parseForm, preserveInput, rejectField, type Form } from '../../web/forms.ts';
import { endSession, signedIn } from '../../sessions/session.ts';
import { logSecurity } from '../../web/security-log.ts';
import { deleteAccount } from './delete-account.ts';

const deleteForm = z.object({ password: typedPassword });

export function deletionRoutes(ctx: AccountsContext): Router {
  const { pool, log, cookies, notifier } = ctx;
  const router = Router();
  router
    .route('/account/delete')
    .all(preserveInput(showDeletion))
    .get(async (req, res) => {
      const { id, isAdmin } = signedIn(req);
      if (isAdmin && (await isLastAdmin(pool, id))) return showLastAdmin(res);
      showDeletion(req, res, blankForm());
    })
    .post(async (req, res) => {
      const form = parseForm(deleteForm, req.body);
      if (!form.ok) return showDeletion(req, res.status(422), form);
      const account = await checkPassword(ctx, req, form.values.password);
      if (!account)
        return showDeletion(
          req,
          res.status(422),
          rejectField(form, 'password', 'This is not your password.'),
        );

      if (!(await resign(pool, account.id))) return showLastAdmin(res.status(422));
      await deleteAccount(pool, account.id, (error) => log.error({ err: error }, 'account deletion'));
      logSecurity(ctx, req, { event: 'credential change', detail: 'account deleted', account: account.id });
      notifier.notify([account.id]);
      await endSession(req, res, cookies);
      flash(ctx, res, { line: 'Your account is deleted.' });
      res.redirect(303, '/');
    })
    .all(allowOnly('GET', 'POST'));
  return router;
}

function showDeletion(req: Request, res: Response, form: Form): void {
  res.render('accounts/deletion/delete-account', { form });
}

/** A site without an administrator would have nobody to help its members. */
function showLastAdmin(res: Response): void {
  res.render('accounts/deletion/last-administrator');
}

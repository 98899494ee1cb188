// Delete account: GET and POST /account/delete.
import { Router, type Response } from 'express';
import { z } from 'zod';
import { typedPassword } from '../passwords.ts';
import type { ConfirmPassword } from '../confirm-password.ts';
import type { Config } from '../../config.ts';
import type { Pool } from '../../database/pool.ts';
import type { Notifier } from '../../mailbox/live/notifier.ts';
import { allowOnly } from '../../web/errors.ts';
import type { Flash } from '../../web/flash.ts';
import { blankForm, parseForm, rejectField, type Form } from '../../web/forms.ts';
import type { Log } from '../../web/log.ts';
import { endSession } from '../../sessions/session.ts';
import { deleteAccount } from './delete-account.ts';

const deleteForm = z.object({ password: typedPassword });

interface DeletionParts {
  pool: Pool;
  config: Config;
  log: Log;
  confirmPassword: ConfirmPassword;
  flash: Flash;
  notifier: Notifier;
}

export function deletionRoutes({
  pool,
  config,
  log,
  confirmPassword,
  flash,
  notifier,
}: DeletionParts): Router {
  const router = Router();
  router
    .route('/account/delete')
    .get((req, res) => showDeletion(res, blankForm()))
    .post(async (req, res) => {
      const form = parseForm(deleteForm, req.body);
      if (!form.ok) return showDeletion(res.status(422), form);
      const account = await confirmPassword.check(req, form.values.password);
      if (!account)
        return showDeletion(res.status(422), rejectField(form, 'password', 'This is not your password.'));

      await deleteAccount(pool, account.id, (error) => log.error({ err: error }, 'leaving'));
      notifier.notify([account.id]);
      await endSession(req, res, config);
      flash(res, { line: 'Your account is deleted.' });
      res.redirect(303, '/');
    })
    .all(allowOnly('GET', 'POST'));
  return router;
}

function showDeletion(res: Response, form: Form): void {
  res.render('accounts/deletion/delete-account', { form });
}

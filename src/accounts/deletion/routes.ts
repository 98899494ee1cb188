// Leaving for good: GET and POST /account/leave.
import { Router, type Response } from 'express';
import { z } from 'zod';
import { typedPassword } from '../passwords.ts';
import type { Proof } from '../confirm-password.ts';
import type { Config } from '../../config.ts';
import type { Pool } from '../../database/pool.ts';
import type { Bell } from '../../mailbox/live/notifier.ts';
import { allowOnly } from '../../web/errors.ts';
import type { Flash } from '../../web/flash.ts';
import { blankForm, parseForm, rejectField, type Form } from '../../web/forms.ts';
import type { Log } from '../../web/log.ts';
import { endSession } from '../../sessions/session.ts';
import { leave } from './delete-account.ts';

const leaveForm = z.object({ password: typedPassword });

interface LeavingParts {
  pool: Pool;
  config: Config;
  log: Log;
  proof: Proof;
  flash: Flash;
  bell: Bell;
}

export function leavingRoutes({ pool, config, log, proof, flash, bell }: LeavingParts): Router {
  const router = Router();
  router
    .route('/account/leave')
    .get((req, res) => showLeave(res, blankForm()))
    .post(async (req, res) => {
      const form = parseForm(leaveForm, req.body);
      if (!form.ok) return showLeave(res.status(422), form);
      const account = await proof.check(req, form.values.password);
      if (!account)
        return showLeave(res.status(422), rejectField(form, 'password', 'This is not your password.'));

      await leave(pool, account.id, (error) => log.error({ err: error }, 'leaving'));
      bell.ring([account.id]);
      await endSession(req, res, config);
      flash(res, { line: 'Your account is deleted.' });
      res.redirect(303, '/');
    })
    .all(allowOnly('GET', 'POST'));
  return router;
}

function showLeave(res: Response, form: Form): void {
  res.render('accounts/deletion/delete-account', { form });
}

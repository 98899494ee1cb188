// The account page, and changing the password.
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import type { Config } from '../config.ts';
import type { Pool } from '../database/pool.ts';
import { membersMayInvite } from '../invitations/routes.ts';
import type { Bell } from '../live/bell.ts';
import { allowOnly } from '../web/errors.ts';
import type { Flash } from '../web/flash.ts';
import { blankForm, parseForm, rejectField, type Form } from '../web/forms.ts';
import { sessionKey } from '../web/session-queries.ts';
import { signedIn } from '../web/session.ts';
import { findWeakness, newPassword, typedPassword, type Passwords } from './passwords.ts';
import type { Proof } from './proof.ts';
import { changePassword } from './queries.ts';

const passwordForm = z.object({ current: typedPassword, password: newPassword });

/** What the pages of the own account work with. */
export interface AccountParts {
  pool: Pool;
  config: Config;
  passwords: Passwords;
  proof: Proof;
  flash: Flash;
  bell: Bell;
}

export function accountRoutes({ pool, config, passwords, proof, flash, bell }: AccountParts): Router {
  const router = Router();
  router
    .route('/account')
    .get((req, res) => {
      res.render('accounts/account', { mayInvite: membersMayInvite(config) ? config.membersInvite : 0 });
    })
    .all(allowOnly('GET'));

  router
    .route('/account/password')
    .get((req, res) => showPassword(res, blankForm()))
    .post(async (req, res) => {
      const form = parseForm(passwordForm, req.body);
      if (!form.ok) return showPassword(res.status(422), form);
      const { current, password } = form.values;
      const weakness = await findWeakness(password, signedIn(req).username);
      if (weakness) return showPassword(res.status(422), rejectField(form, 'password', weakness));

      const account = await proof.check(req, current);
      const isChanged =
        account && (await changePassword(pool, account, await passwords.hash(password), ownSid(req)));
      if (!isChanged) {
        const wrong = rejectField(form, 'current', 'This is not your password.');
        return showPassword(res.status(422), wrong);
      }
      bell.ring([account.id]); // pages that are open elsewhere learn that they are signed out
      flash(res, { line: 'Your password is changed. All other devices are signed out.' });
      res.redirect(303, '/account');
    })
    .all(allowOnly('GET', 'POST'));
  return router;
}

/** The key of the session that this request belongs to. */
export function ownSid(req: Request): string {
  return sessionKey(req.sessionID)[1];
}

function showPassword(res: Response, form: Form): void {
  res.render('accounts/password', { form });
}

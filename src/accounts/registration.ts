// Registration: GET and POST /register.
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { admit, findAdmission, type Refusal } from './invitations/admission.ts';
import { consumeByAddress } from '../web/address-limits.ts';
import { guardAnonymousForms } from '../web/csrf.ts';
import { allowOnly } from '../web/errors.ts';
import { blankForm, preserveInput, parseForm, rejectField, typedIn, type Form } from '../web/forms.ts';
import type { AccountsContext } from './context.ts';
import { newPassword } from './passwords.ts';
import { signIn } from './sign-in.ts';
import { newUsername } from '../usernames.ts';
import { rejectWeak } from './weak-passwords.ts';

const registrationForm = z.object({ username: newUsername, password: newPassword });

export function registrationRoutes(ctx: AccountsContext): Router {
  const { config, pool, limitHashing, hashUsername } = ctx;
  const { registration } = config;
  const router = Router();
  router
    .route('/register')
    .all(preserveInput(showRegister), guardAnonymousForms(ctx))
    .get(async (req, res) => {
      if (req.user) return res.redirect(303, req.user.startPage);
      const { invitation } = typedIn(req.query);
      const admission = await findAdmission(pool, registration, invitation);
      if (admission.refusal) return showRefusal(res, admission.refusal);
      res.locals.inviter = admission.inviter;
      showRegister(req, res, blankForm(invitation ? { invitation } : {}));
    })
    .post(async (req, res) => {
      const { invitation } = typedIn(req.body);
      const admission = await findAdmission(pool, registration, invitation);
      if (admission.refusal) return showRefusal(res, admission.refusal);
      res.locals.inviter = admission.inviter;

      const form = parseForm(registrationForm, req.body);
      const judged = await rejectWeak(form, form.typed.username ?? '', ctx);
      if (!form.ok || judged !== form) return showRegister(req, res.status(422), judged);
      const { username, password } = form.values;

      await consumeByAddress(ctx, req, 'registrations', config.registrationsPerHour, 60 * 60);
      const hash = await limitHashing((hasher) => hasher.hash(password));
      const account = await admit(pool, hashUsername, registration, invitation, username, hash);
      if (account === 'taken') {
        const taken = 'This username is taken. Please choose another one.';
        return showRegister(req, res.status(422), rejectField(form, 'username', taken));
      }
      if (typeof account === 'string') return showRefusal(res, account);
      res.redirect(303, await signIn(ctx, req, res, account, 'registration', { isAnnounced: false }));
    })
    .all(allowOnly('GET', 'POST'));
  return router;
}

// Rendered as signed out even with a session: the page carries the anonymous CSRF token, which Logout rejects.
function showRegister(req: Request, res: Response, form: Form): void {
  res.render('accounts/register', { form, inviter: res.locals.inviter, user: undefined });
}

function showRefusal(res: Response, refusal: Refusal): void {
  res.status(403).render('accounts/invitations/refusal', { refusal, user: undefined });
}

// Registration: GET and POST /register.
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { visibleLine } from '../display-names.ts';
import { admit, findAdmission, type Refusal } from './invitations/admission.ts';
import type { Inviter } from './invitations/queries.ts';
import { consumeByAddress } from '../web/address-limits.ts';
import { guardAnonymousForms } from '../web/csrf.ts';
import { allowOnly } from '../web/errors.ts';
import { flash } from '../web/flash.ts';
import { blankForm, preserveInput, parseForm, rejectField, typedIn, type Form } from '../web/forms.ts';
import type { AccountsContext } from './context.ts';
import { newPassword } from './passwords.ts';
import { askToRegister, maxLineLength } from './registrations/ask.ts';
import { signIn } from './sign-in.ts';
import { newUsername } from '../usernames.ts';
import { rejectWeak } from './weak-passwords.ts';

const registrationForm = z.object({ username: newUsername, password: newPassword });
const line = z
  .string('Please write a line about yourself.')
  .transform((text) => text.replaceAll(/\s+/g, ' '))
  .pipe(visibleLine('line', maxLineLength))
  .refine((text) => text !== '', 'Please write a line about yourself.');
const askingForm = registrationForm.extend({ line });
type Typed = z.infer<typeof registrationForm> & { line?: string };

export function registrationRoutes(ctx: AccountsContext): Router {
  const { config, pool, limitHashing, hashUsername, site } = ctx;
  const router = Router();
  router
    .route('/register')
    .all(preserveInput(showRegister), guardAnonymousForms(ctx))
    .get(async (req, res) => {
      if (req.user) return res.redirect(303, req.user.startPage);
      const { invitation } = typedIn(req.query);
      const admission = await findAdmission(pool, site.registration, invitation);
      if (admission.refusal) return showRefusal(res, admission.refusal);
      res.locals.admission = admission;
      showRegister(req, res, blankForm(invitation ? { invitation } : {}));
    })
    .post(async (req, res) => {
      const { invitation } = typedIn(req.body);
      const admission = await findAdmission(pool, site.registration, invitation);
      if (admission.refusal) return showRefusal(res, admission.refusal);
      res.locals.admission = admission;

      const form = parseForm<Typed>(admission.waits ? askingForm : registrationForm, req.body);
      const judged = await rejectWeak(form, form.typed.username ?? '', ctx);
      if (!form.ok || judged !== form) return showRegister(req, res.status(422), judged);
      const { username, password, line: words } = form.values;

      await consumeByAddress(ctx, req, 'registrations', config.registrationsPerHour, 60 * 60);
      const hash = await limitHashing((hasher) => hasher.hash(password));
      if (words !== undefined) {
        if (!(await askToRegister(ctx, { username, line: words }, hash)))
          return showRegister(req, res.status(422), rejectField(form, 'username', taken));
        flash(ctx, res, { line: waiting });
        return res.redirect(303, '/login');
      }
      const account = await admit(pool, hashUsername, site.registration, invitation, username, hash);
      if (account === 'taken')
        return showRegister(req, res.status(422), rejectField(form, 'username', taken));
      if (typeof account === 'string') return showRefusal(res, account);
      res.redirect(303, await signIn(ctx, req, res, account, 'registration', { isAnnounced: false }));
    })
    .all(allowOnly('GET', 'POST'));
  return router;
}

const taken = 'This username is taken. Please choose another one.';

const waiting =
  'You have asked to register: an administrator decides. Log in here with your username and password to see whether ' +
  'they have.';

// Rendered as signed out even with a session: the page carries the anonymous CSRF token, which Logout rejects.
function showRegister(req: Request, res: Response, form: Form): void {
  const { inviter, waits } = (res.locals.admission ?? {}) as { inviter?: Inviter; waits?: boolean };
  res.render('accounts/register', { form, inviter, waits, user: undefined });
}

function showRefusal(res: Response, refusal: Refusal): void {
  res.status(403).render('accounts/invitations/refusal', { refusal, user: undefined });
}

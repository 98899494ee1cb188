// Two-factor login: /login/second for a code, and below it /passkey and /recovery.
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { findPreservedMessage } from '../../mailbox/compose/message-form.ts';
import type { MailboxContext } from '../../mailbox/context.ts';
import { readUse } from '../passkeys/answers.ts';
import { requestOptions } from '../passkeys/ceremonies.ts';
import { hashCode } from '../recovery/codes.ts';
import { recoverFactor } from '../recovery/recover.ts';
import { guardAnonymousForms } from '../../web/csrf.ts';
import { allowOnly } from '../../web/errors.ts';
import { flash } from '../../web/flash.ts';
import { blankForm, preserveInput, parseForm, rejectField, typedIn, type Form } from '../../web/forms.ts';
import type { PendingLogin } from './pending-login.ts';
import { consumeCodeAttempt } from './code-attempts.ts';
import { typedCode } from './codes.ts';
import { tryCode, tryPasskey } from './try-factor.ts';
import {
  finishTwoFactorLogin,
  logFailedFactor,
  requirePendingLogin,
  twoFactorLoginOf,
} from './two-factor-login.ts';
import { decryptSecret } from './secrets.ts';

const codeForm = z.object({ code: typedCode });
const missing = 'Please enter one of your codes.';
const recoveryForm = z.object({ recovery: z.string(missing).trim().min(1, missing) });

export function twoFactorRoutes(ctx: MailboxContext): Router {
  const { pool, log, encryption, notifier } = ctx;
  const router = Router();

  const show = (req: Request, res: Response, form: Form): void => {
    const { id, secret, passkeys, pending } = twoFactorLoginOf(req);
    const isReadable = secret !== null && decryptSecret(encryption, id, secret) !== undefined;
    const hasCodes = secret !== null;
    const question = passkeys.length > 0 ? requestOptions(ctx, purposeOf(pending), passkeys) : undefined;
    const message = findPreservedMessage(req.body);
    const page = { form, hasCodes, isReadable, question, next: pending.next, message };
    // Rendered as signed out even with a session: the page carries the anonymous CSRF token, which Logout rejects.
    res.render('accounts/second-factor/two-factor-login', { ...page, user: undefined });
  };
  const guard = [requirePendingLogin(ctx), preserveInput(show), guardAnonymousForms(ctx)];

  router
    .route('/login/second')
    .all(guard)
    .get((req, res) => show(req, res, blankForm()))
    .post(async (req, res) => {
      // Posted by the login page with a preserved message: there is no code yet.
      if (typedIn(req.body).code === undefined) return show(req, res, blankForm());
      const form = parseForm(codeForm, req.body);
      if (!form.ok) return show(req, res.status(422), form);
      const { id, secret: encrypted } = twoFactorLoginOf(req);
      const secret = encrypted ? decryptSecret(encryption, id, encrypted) : undefined;
      if (!secret) {
        if (encrypted) log.error({ user: id }, 'secret.key is not the key that encrypted this second factor');
        return show(req, res.status(422), form);
      }

      const wrong = await tryCode(ctx, req, { id, secret, code: form.values.code });
      if (wrong) {
        logFailedFactor(ctx, req, 'code');
        return show(req, res.status(422), rejectField(form, 'code', wrong));
      }
      await finishTwoFactorLogin(ctx, req, res, 'code');
    })
    .all(allowOnly('GET', 'POST'));

  router
    .route('/login/second/passkey')
    .all(guard)
    .get((req, res) => res.redirect(303, '/login/second'))
    .post(async (req, res) => {
      const { id, pending } = twoFactorLoginOf(req);
      const answer = readUse(typedIn(req.body).credential);
      if (!answer) return show(req, res.status(422), rejectField(blankForm(), '', refusedPasskey));
      if (!(await tryPasskey(ctx, req, { id, purpose: purposeOf(pending), answer }))) {
        logFailedFactor(ctx, req, 'passkey');
        return show(req, res.status(422), rejectField(blankForm(), '', refusedPasskey));
      }
      await finishTwoFactorLogin(ctx, req, res, 'passkey');
    })
    .all(allowOnly('GET', 'POST'));

  const showCode = (req: Request, res: Response, form: Form): void => {
    res.render('accounts/second-factor/recovery', {
      form,
      message: findPreservedMessage(req.body),
      user: undefined,
    });
  };
  router
    .route('/login/second/recovery')
    .all(requirePendingLogin(ctx), preserveInput(showCode), guardAnonymousForms(ctx))
    .get((req, res) => showCode(req, res, blankForm()))
    .post(async (req, res) => {
      // Posted by the previous page with a preserved message: there is no code yet.
      if (typedIn(req.body).recovery === undefined) return showCode(req, res, blankForm());
      const form = parseForm(recoveryForm, req.body);
      if (!form.ok) return showCode(req, res.status(422), form);
      const { id } = twoFactorLoginOf(req);
      const refund = await consumeCodeAttempt(ctx, req, id);
      const epoch = await recoverFactor(pool, id, hashCode(encryption, form.values.recovery), req);
      if (epoch === undefined) {
        logFailedFactor(ctx, req, 'recovery code');
        const wrong = 'This is not one of your codes, or it was used already.';
        return showCode(req, res.status(422), rejectField(form, 'recovery', wrong));
      }
      notifier.notify([id]);
      await refund();
      flash(ctx, res, { line: loggedIn });
      await finishTwoFactorLogin(ctx, req, res, 'recovery code', { epoch, next: '/account/second-factor' });
    })
    .all(allowOnly('GET', 'POST'));
  return router;
}

const loggedIn =
  'You are logged in, and all other devices are logged out. If your app or passkey is lost, turn it off here and ' +
  'set up another.';

const purposeOf = (pending: PendingLogin) => `second step, ${pending.key}`;

const refusedPasskey = 'This passkey was not accepted, or the page was open for too long. Please try again.';

// Login with a recovery code instead of the password: GET and POST /login/recovery.
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { consumeLoginAttempt } from '../login-attempts.ts';
import { findAccount } from '../queries.ts';
import { logFailedLogin, signIn } from '../sign-in.ts';
import { typedUsername } from '../../usernames.ts';
import { findPreservedMessage } from '../../mailbox/compose/message-form.ts';
import { keepPreservedMessage } from '../../mailbox/compose/refused-message.ts';
import type { MailboxContext } from '../../mailbox/context.ts';
import { guardAnonymousForms } from '../../web/csrf.ts';
import { allowOnly } from '../../web/errors.ts';
import { flash } from '../../web/flash.ts';
import { blankForm, preserveInput, parseForm, rejectField, typedIn, type Form } from '../../web/forms.ts';
import { localPath } from '../../web/local-path.ts';
import { hashCode } from './codes.ts';
import { recover } from './recover.ts';

const recoveryForm = z.object({
  username: typedUsername,
  code: z.string('Please enter one of your codes.').trim().min(1, 'Please enter one of your codes.'),
  second: z.string().trim().optional(),
  next: z.string().optional(),
});

export function recoveryLoginRoutes(ctx: MailboxContext): Router {
  const { pool, encryption, notifier } = ctx;
  const router = Router();

  router
    .route('/login/recovery')
    .all(preserveInput(showRecovery), guardAnonymousForms(ctx))
    .get((req, res) => {
      const next = localPath(req.query.next);
      if (req.user) return res.redirect(303, next ?? req.user.startPage);
      showRecovery(req, res, blankForm(next ? { next } : {}));
    })
    .post(async (req, res) => {
      // Posted by the login page with a preserved message: there is no code yet.
      const { username = '', next, code } = typedIn(req.body);
      if (code === undefined)
        return showRecovery(req, res, blankForm({ username, ...(next ? { next } : {}) }));
      const form = parseForm(recoveryForm, req.body);
      if (!form.ok) return showRecovery(req, res.status(422), form);

      const account = await findAccount(pool, form.values.username);
      const refund = await consumeLoginAttempt(ctx, req, 'recoveries', form.values.username, account?.id);
      const { code: first, second } = form.values;
      const hashes: [Buffer, Buffer?] = [
        hashCode(encryption, first),
        second ? hashCode(encryption, second) : undefined,
      ];
      const recovered = await recover(ctx, account, hashes, req);
      if (!recovered || recovered === 'second code') logFailedLogin(ctx, req, 'recovery code', account?.id);
      if (recovered === 'second code') {
        await refund();
        const missing =
          'This account has a second factor: without the password, it takes two codes. Or log in with your password ' +
          'and one code.';
        return showRecovery(req, res.status(422), rejectField(form, 'second', missing));
      }
      if (!recovered) {
        const wrong = rejectField(
          form,
          'code',
          'The username or the code is wrong, or the code was used already.',
        );
        return showRecovery(req, res.status(422), wrong);
      }
      notifier.notify([recovered.id]);
      await refund();
      await signIn(ctx, req, res, recovered, 'recovery code', {
        isAnnounced: false,
        remembers: { recoveredAt: Date.now() },
      });
      const goOn = (await keepPreservedMessage(ctx, recovered, req.body)) ?? localPath(form.values.next);
      flash(ctx, res, {
        line: 'You are logged in. All other devices are logged out. Now choose a new password.',
      });
      res.redirect(
        303,
        `/account/password${goOn ? `?${new URLSearchParams({ next: goOn }).toString()}` : ''}`,
      );
    })
    .all(allowOnly('GET', 'POST'));
  return router;
}

function showRecovery(req: Request, res: Response, form: Form): void {
  res.render('accounts/recovery/login', {
    form,
    user: undefined,
    message: findPreservedMessage(req.body),
  });
}

// The front page, login and logout.
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { findPreservedMessage } from '../mailbox/compose/message-form.ts';
import { keepPreservedMessage } from '../mailbox/compose/refused-message.ts';
import type { MailboxContext } from '../mailbox/context.ts';
import { beginPendingLogin } from './second-factor/pending-login.ts';
import { requiresTwoFactor } from './second-factor/queries.ts';
import { guardAnonymousForms } from '../web/csrf.ts';
import { allowOnly } from '../web/errors.ts';
import { blankForm, preserveInput, parseForm, rejectField, type Form } from '../web/forms.ts';
import { localPath } from '../web/local-path.ts';
import type { Refund } from '../web/rate-limits.ts';
import { endSession, signedIn } from '../sessions/session.ts';
import type { AccountsContext } from './context.ts';
import { consumeLoginAttempt } from './login-attempts.ts';
import { typedPassword, type Hasher } from './passwords.ts';
import { findAccount, type Account } from './queries.ts';
import { undecided } from './registrations/ask.ts';
import { findOwnRegistration, type OwnRegistration } from './registrations/queries.ts';
import { disabledAccount, logFailedLogin, signIn } from './sign-in.ts';
import { typedUsername } from '../usernames.ts';
import { verifyPassword } from './verify-password.ts';

const login = z.object({ username: typedUsername, password: typedPassword, next: z.string().optional() });

/** Pages for signed-out visitors; signed-in users are redirected to their start page. */
export function loginRoutes(ctx: AccountsContext): Router {
  const { pool, limitHashing } = ctx;
  const router = Router();
  router
    .route('/')
    .get((req, res) => {
      if (req.user) return res.redirect(303, req.user.startPage);
      res.render('accounts/welcome');
    })
    .all(allowOnly('GET'));

  router
    .route('/login')
    .all(preserveInput(showLogin), guardAnonymousForms(ctx))
    .get((req, res) => {
      const next = localPath(req.query.next);
      if (req.user) return res.redirect(303, next ?? req.user.startPage);
      showLogin(req, res, blankForm(next ? { next } : {}));
    })
    .post(async (req, res) => {
      const form = parseForm(login, req.body);
      if (!form.ok) return showLogin(req, res.status(422), form);
      const { username, password, next } = form.values;
      const account = await limitHashing((hasher) => findByPassword(ctx, hasher, req, username, password));
      if (!account) {
        const wrong = rejectField(form, 'password', 'The username or the password is wrong.');
        return showLogin(req, res.status(422), wrong);
      }
      if (account.isDisabled) throw disabledAccount(ctx, req, 'password', account.id);
      const target = localPath(next);
      if (await requiresTwoFactor(pool, account.id)) {
        beginPendingLogin(ctx, res, account, target);
        // 307: the browser posts the preserved message again, which stays in the form until the login completes.
        return res.redirect(findPreservedMessage(req.body) ? 307 : 303, '/login/second');
      }
      const startPage = await signIn(ctx, req, res, account, 'password');
      const draft = await keepPreservedMessage(ctx, account, req.body);
      res.redirect(303, draft ?? target ?? startPage);
    })
    .all(allowOnly('GET', 'POST'));
  return router;
}

async function findByPassword(
  ctx: AccountsContext,
  hasher: Hasher,
  req: Request,
  username: string,
  password: string,
): Promise<Account | undefined> {
  const claimed = await findAccount(ctx.pool, username);
  const registration = await findOwnRegistration(ctx.pool, username); // always: no name takes longer than another
  const refund = await consumeLoginAttempt(ctx, req, 'logins', username, claimed?.id);
  const isWaiting = !claimed && registration !== undefined;
  const account = isWaiting
    ? await refuseWaiting(hasher, registration, password, refund)
    : await verifyPassword(ctx.pool, hasher, claimed, password);
  if (account) await refund();
  else logFailedLogin(ctx, req, 'password', claimed?.id);
  return account;
}

/** Says how the registration stands to whom it belongs; for everybody else, there is no such account. */
async function refuseWaiting(
  hasher: Hasher,
  registration: OwnRegistration,
  password: string,
  refund: Refund,
): Promise<undefined> {
  if ((await hasher.verify(registration.passwordHash, password)) === 'wrong') return;
  await refund();
  throw undecided(registration);
}

export function logoutRoutes({ cookies, notifier }: MailboxContext): Router {
  const router = Router();
  router
    .route('/logout')
    .post(async (req, res) => {
      const { id } = signedIn(req);
      await endSession(req, res, cookies);
      // Not "storage": it holds no user data, and the shortcut keys setting belongs to the browser.
      res.set('Clear-Site-Data', '"cache"');
      notifier.notify([id]); // signs out the other pages open in this browser
      res.redirect(303, '/');
    })
    .all(allowOnly('POST'));
  return router;
}

// Rendered as signed out even with a session: the page carries the anonymous CSRF token, which Logout rejects.
export function showLogin(req: Request, res: Response, form: Form): void {
  res.render('accounts/login', {
    form,
    user: undefined,
    message: findPreservedMessage(req.body),
  });
}

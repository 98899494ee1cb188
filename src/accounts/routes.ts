// The front page, login and logout.
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { findPreservedMessage } from '../mailbox/compose/message-form.ts';
import type { KeepPreservedMessage } from '../mailbox/compose/refused-message.ts';
import type { Config } from '../config.ts';
import type { Pool } from '../database/pool.ts';
import type { PendingLogins } from './second-factor/pending-login.ts';
import { requiresTwoFactor } from './second-factor/queries.ts';
import { guardAnonymousForms } from '../web/csrf.ts';
import { allowOnly } from '../web/errors.ts';
import { blankForm, preserveInput, parseForm, rejectField, type Form } from '../web/forms.ts';
import type { Notifier } from '../mailbox/live/notifier.ts';
import { localPath } from '../web/local-path.ts';
import { endSession, signedIn } from '../sessions/session.ts';
import type { LoginAttempts } from './login-attempts.ts';
import { typedPassword, type Passwords } from './passwords.ts';
import { findAccount, type Account } from './queries.ts';
import { disabledAccount, type SignIn } from './sign-in.ts';
import { typedUsername } from '../usernames.ts';
import { verifyPassword } from './verify-password.ts';

const login = z.object({ username: typedUsername, password: typedPassword, next: z.string().optional() });

export interface SignInParts {
  pool: Pool;
  config: Config;
  passwords: Passwords;
  signIn: SignIn;
}

interface LoginParts extends SignInParts {
  attempts: LoginAttempts;
  keepPreservedMessage: KeepPreservedMessage;
  pendingLogins: PendingLogins;
}

/** Pages for signed-out visitors; signed-in users are redirected to the inbox. */
export function anonymousRoutes(parts: LoginParts): Router {
  const { pool, config, passwords, signIn, attempts, keepPreservedMessage, pendingLogins } = parts;
  const router = Router();

  const findByPassword = async (
    req: Request,
    username: string,
    password: string,
  ): Promise<Account | undefined> => {
    const claimed = await findAccount(pool, username);
    const refund = await attempts.consume(req, username, claimed?.id);
    const account = await verifyPassword(pool, passwords, claimed, password);
    if (account) await refund();
    return account;
  };

  router
    .route('/')
    .get((req, res) => {
      if (req.user) return res.redirect(303, '/inbox');
      res.render('accounts/welcome');
    })
    .all(allowOnly('GET'));

  const guard = guardAnonymousForms(config);

  router
    .route('/login')
    .all(preserveInput(showLogin), guard)
    .get((req, res) => {
      const next = localPath(req.query.next);
      if (req.user) return res.redirect(303, next ?? '/inbox');
      showLogin(req, res, blankForm(next ? { next } : {}));
    })
    .post(async (req, res) => {
      const form = parseForm(login, req.body);
      if (!form.ok) return showLogin(req, res.status(422), form);
      const { username, password, next } = form.values;
      const account = await passwords.unlessCrowded(() => findByPassword(req, username, password));
      if (!account) {
        const wrong = rejectField(form, 'password', 'The username or the password is wrong.');
        return showLogin(req, res.status(422), wrong);
      }
      if (account.isDisabled) throw disabledAccount();
      const target = localPath(next) ?? '/inbox';
      if (await requiresTwoFactor(pool, account.id)) {
        pendingLogins.begin(res, account, target);
        // 307: the browser posts the preserved message again, which stays in the form until the login completes.
        return res.redirect(findPreservedMessage(req.body) ? 307 : 303, '/login/second');
      }
      await signIn(req, res, account);
      const draft = await keepPreservedMessage(account, req.body);
      res.redirect(303, draft ?? target);
    })
    .all(allowOnly('GET', 'POST'));

  return router;
}

export function logoutRoutes(config: Config, notifier: Notifier): Router {
  const router = Router();
  router
    .route('/logout')
    .post(async (req, res) => {
      const { id } = signedIn(req);
      await endSession(req, res, config);
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

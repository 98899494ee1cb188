// Password reset with a link from the operator: GET and POST /reset/:token.
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import type { AccountsContext } from '../context.ts';
import { newPassword } from '../passwords.ts';
import { rejectWeak } from '../weak-passwords.ts';
import { readLinkToken, type LinkKey } from '../../secrets/link-tokens.ts';
import { consumeByAddress } from '../../web/address-limits.ts';
import { guardAnonymousForms } from '../../web/csrf.ts';
import { allowOnly } from '../../web/errors.ts';
import { flash } from '../../web/flash.ts';
import { blankForm, preserveInput, parseForm, type Form } from '../../web/forms.ts';
import { logSecurity } from '../../web/security-log.ts';
import { findResetLink, resetPassword } from './queries.ts';

const passwordForm = z.object({ password: newPassword });

/** Only POST consumes a link: browsers and mail clients open links that nobody clicked. */
export function resetLinkRoutes(ctx: AccountsContext): Router {
  const { config, pool, limitHashing, notifier } = ctx;

  const follow = async (req: Request): Promise<{ key: LinkKey; username: string } | undefined> => {
    const refund = await consumeByAddress(ctx, req, 'reset-links', config.loginsPerMinute, 60);
    const key = readLinkToken(req.params.token);
    const username = key && (await findResetLink(pool, key));
    if (!username) return undefined;
    await refund();
    return { key, username };
  };

  const router = Router();
  router
    .route('/reset/:token')
    .all(preserveInput(showReset), guardAnonymousForms(ctx))
    .get(async (req, res) => {
      const link = await follow(req);
      if (!link) return showVoid(res);
      showReset(req, res, blankForm(), link.username);
    })
    .post(async (req, res) => {
      const link = await follow(req);
      if (!link) return showVoid(res);
      const form = parseForm(passwordForm, req.body);
      const judged = await rejectWeak(form, link.username, ctx);
      if (!form.ok || judged !== form) return showReset(req, res.status(422), judged, link.username);
      const { password } = form.values;
      const hash = await limitHashing((hasher) => hasher.hash(password));
      if (!(await resetPassword(pool, link.key, hash))) return showVoid(res);
      logSecurity(ctx, req, { event: 'credential change', detail: 'reset link', account: link.key.ownerId });
      notifier.notify([link.key.ownerId]); // signs out the open pages
      flash(ctx, res, { line: 'Your password is set. Log in with it.' });
      res.redirect(303, '/login');
    })
    .all(allowOnly('GET', 'POST'));
  return router;
}

// Rendered as signed out even with a session: the page carries the anonymous CSRF token, which Logout rejects.
function showReset(req: Request, res: Response, form: Form, username?: string): void {
  res.render('accounts/reset-links/reset', { form, action: req.path, username, user: undefined });
}

function showVoid(res: Response): void {
  res.status(404).render('accounts/reset-links/void', { user: undefined });
}

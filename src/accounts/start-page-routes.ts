// The page after login: GET and POST /account/start-page.
import { Router } from 'express';
import { z } from 'zod';
import type { WebContext } from '../web/context.ts';
import { allowOnly } from '../web/errors.ts';
import { flash } from '../web/flash.ts';
import { blankForm, parseForm } from '../web/forms.ts';
import { signedIn } from '../sessions/session.ts';
import { setStartPage } from './queries.ts';

const startPageForm = z.object({
  startPage: z.enum(['inbox', 'conversations'], 'Please choose one of the two pages.'),
});

export function startPageRoutes(ctx: WebContext): Router {
  const router = Router();
  router
    .route('/account/start-page')
    .get((req, res) => {
      const form = blankForm({ startPage: signedIn(req).startPage.slice(1) });
      res.render('accounts/start-page', { form });
    })
    .post(async (req, res) => {
      const form = parseForm(startPageForm, req.body);
      if (!form.ok) return res.status(422).render('accounts/start-page', { form });
      const { startPage } = form.values;
      await setStartPage(ctx.pool, signedIn(req).id, startPage);
      flash(ctx, res, {
        line: startPage === 'inbox' ? 'Login leads to your inbox.' : 'Login leads to your conversations.',
      });
      res.redirect(303, '/account');
    })
    .all(allowOnly('GET', 'POST'));
  return router;
}

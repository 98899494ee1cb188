// GET and POST /admin/site: the name of the site, the line on its front page, and who may register.
import { Router, type Request, type Response } from 'express';
import type { AccountsContext } from '../accounts/context.ts';
import { allowOnly } from '../web/errors.ts';
import { flash } from '../web/flash.ts';
import { blankForm, parseForm, preserveInput, type Form } from '../web/forms.ts';
import { describeSite, readSiteText } from '../web/site.ts';
import { logPageAct } from './act-log.ts';
import { changeSite, siteForm } from './site.ts';

export function siteRoutes(ctx: AccountsContext): Router {
  const { config, pool, site } = ctx;
  const router = Router();
  router
    .route('/admin/site')
    .all(preserveInput(showSite))
    .get(async (req, res) => {
      const { registration = '', ...texts } = await readSiteText(pool);
      showSite(req, res, blankForm({ ...texts, registration }));
    })
    .post(async (req, res) => {
      const form = parseForm(siteForm, req.body);
      if (!form.ok) return showSite(req, res.status(422), form);
      const { name, line, registration } = form.values;
      const options = [`--name=${name}`, `--line=${line}`, `--registration=${registration ?? 'default'}`];
      await logPageAct(ctx, req, { command: 'site', options });
      await changeSite(pool, form.values);
      Object.assign(site, describeSite(form.values, config)); // before this process hears of it: for the next page
      flash(ctx, res, { line: 'Saved.' });
      res.redirect(303, '/admin/site');
    })
    .all(allowOnly('GET', 'POST'));
  return router;
}

function showSite(req: Request, res: Response, form: Form): void {
  res.render('admin/site', { form });
}

// GET and POST /admin/site: the name of the site and the line on its front page.
import { Router, type Request, type Response } from 'express';
import type { AccountsContext } from '../accounts/context.ts';
import { allowOnly } from '../web/errors.ts';
import { flash } from '../web/flash.ts';
import { blankForm, parseForm, preserveInput, type Form } from '../web/forms.ts';
import { describeSite, readSiteText } from '../web/site.ts';
import { logPageAct } from './act-log.ts';
import { renameSite, siteForm } from './site.ts';

export function siteRoutes(ctx: AccountsContext): Router {
  const { pool, site } = ctx;
  const router = Router();
  router
    .route('/admin/site')
    .all(preserveInput(showSite))
    .get(async (req, res) => showSite(req, res, blankForm({ ...(await readSiteText(pool)) })))
    .post(async (req, res) => {
      const form = parseForm(siteForm, req.body);
      if (!form.ok) return showSite(req, res.status(422), form);
      const { name, line } = form.values;
      await logPageAct(ctx, req, { command: 'site', options: [`--name=${name}`, `--line=${line}`] });
      await renameSite(pool, { name, line });
      Object.assign(site, describeSite({ name, line })); // the next page shows it, before this process hears of it
      flash(ctx, res, { line: 'Saved.' });
      res.redirect(303, '/admin/site');
    })
    .all(allowOnly('GET', 'POST'));
  return router;
}

function showSite(req: Request, res: Response, form: Form): void {
  res.render('admin/site', { form });
}

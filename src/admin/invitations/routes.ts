// Invitations: GET and POST /admin/invitations, and withdrawing one.
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import type { AccountsContext } from '../../accounts/context.ts';
import { invitationHint, invitationLink } from '../../accounts/invitations/admission.ts';
import { makeInvitation, operator, usualDays } from '../../accounts/invitations/queries.ts';
import { asOwner } from '../../database/owner.ts';
import { highestId } from '../../ids.ts';
import { allowOnly, HttpError } from '../../web/errors.ts';
import { flash } from '../../web/flash.ts';
import { blankForm, parseForm, type Form } from '../../web/forms.ts';
import { pageOnwards, rowsRead } from '../../web/paging.ts';
import { addressUsed } from '../../web/site-address.ts';
import { logPageAct } from '../act-log.ts';
import { countUnused, listUnused, withdrawAny } from './queries.ts';

export const maxDays = 365;
const days = `Please enter a number from 1 to ${maxDays}.`;
const invitationForm = z.object({
  days: z
    .string(days)
    .trim()
    .regex(/^\d{1,3}$/, days)
    .transform(Number)
    .refine((count) => count >= 1 && count <= maxDays, days),
});
const home = '/admin/invitations';

export function adminInvitationRoutes(ctx: AccountsContext): Router {
  const { config, pool, site } = ctx;
  const router = Router();

  const show = async (req: Request, res: Response, form: Form): Promise<void> => {
    const before = z.uuid().default(highestId).safeParse(req.query.before);
    if (!before.success) throw new HttpError(400, 'This position in the list does not exist.');
    const [unused, count] = await Promise.all([listUnused(pool, before.data, rowsRead), countUnused(pool)]);
    const { rows, next } = pageOnwards(unused, ({ id }) => `${home}?before=${id}`);
    const hint = invitationHint(site);
    res.render('admin/invitations/invitations', { form, invitations: rows, count, hint, next });
  };

  router
    .route(home)
    .get((req, res) => show(req, res, blankForm({ days: String(usualDays) })))
    .post(async (req, res) => {
      const form = parseForm(invitationForm, req.body);
      if (!form.ok) return show(req, res.status(422), form);
      await logPageAct(ctx, req, { command: 'invite', options: [`--days=${form.values.days}`] });
      const { token } = await asOwner(operator, () => makeInvitation(pool, operator, form.values.days));
      const link = invitationLink(addressUsed(config, req), token);
      flash(ctx, res, { line: 'There is a new invitation. Its link is shown only once: copy it now.', link });
      res.redirect(303, home);
    })
    .all(allowOnly('GET', 'POST'));

  router
    .route(`${home}/:id/withdraw`)
    .post(async (req, res) => {
      const id = z.uuid().safeParse(req.params.id);
      const inviterId = id.success ? await withdrawAny(pool, id.data) : undefined;
      if (!inviterId) throw new HttpError(404, 'This invitation does not exist (any more).');
      const userId = inviterId === operator ? undefined : inviterId;
      await logPageAct(ctx, req, { command: 'invite withdraw', userId });
      flash(ctx, res, { line: 'The invitation is withdrawn: its link no longer works.' });
      res.redirect(303, home);
    })
    .all(allowOnly('POST'));
  return router;
}

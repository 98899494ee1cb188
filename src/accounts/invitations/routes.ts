// A member's invitations: list, create, withdraw.
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import type { WebContext } from '../../web/context.ts';
import { allowOnly, HttpError } from '../../web/errors.ts';
import { flash } from '../../web/flash.ts';
import { addressUsed } from '../../web/site-address.ts';
import { blankForm, rejectField, type Form } from '../../web/forms.ts';
import { signedIn } from '../../sessions/session.ts';
import { invitationLink } from './admission.ts';
import { listInvitations, makeMembersInvitation, usualDays, withdrawInvitation } from './queries.ts';

export function membersMayInvite({ config, site }: Pick<WebContext, 'config' | 'site'>): boolean {
  return site.registration === 'invite' && config.membersInvite > 0;
}

export function invitationRoutes(ctx: WebContext): Router {
  const { config, pool } = ctx;
  const router = Router();
  const most = config.membersInvite;
  router.use('/account/invitations', (_req, _res, next) =>
    next(membersMayInvite(ctx) ? undefined : 'router'),
  );

  const show = async (req: Request, res: Response, form: Form): Promise<void> => {
    const invitations = await listInvitations(pool, signedIn(req).id);
    res.render('accounts/invitations/invitations', { form, invitations, most, days: usualDays });
  };

  router
    .route('/account/invitations')
    .get((req, res) => show(req, res, blankForm()))
    .post(async (req, res) => {
      const made = await makeMembersInvitation(pool, signedIn(req).id, most);
      if (!made) {
        const words = 'You have the maximum number of open invitations.';
        return show(req, res.status(422), rejectField(blankForm(), '', words));
      }
      const link = invitationLink(addressUsed(config, req), made.token);
      flash(ctx, res, { line: 'There is a new invitation. Its link is shown only once: copy it now.', link });
      res.redirect(303, '/account/invitations');
    })
    .all(allowOnly('GET', 'POST'));

  router
    .route('/account/invitations/:id/withdraw')
    .post(async (req, res) => {
      const id = z.uuid().safeParse(req.params.id);
      const isGone = id.success && (await withdrawInvitation(pool, signedIn(req).id, id.data));
      if (!isGone) throw new HttpError(404, 'This invitation does not exist (any more).');
      flash(ctx, res, { line: 'The invitation is withdrawn: its link no longer works.' });
      res.redirect(303, '/account/invitations');
    })
    .all(allowOnly('POST'));
  return router;
}

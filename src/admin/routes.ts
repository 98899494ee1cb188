// The pages of administrators, below /admin; all behind one door (door.ts).
import { Router } from 'express';
import type { AccountsContext } from '../accounts/context.ts';
import { asSystem } from '../database/owner.ts';
import { signedIn } from '../sessions/session.ts';
import { allowOnly } from '../web/errors.ts';
import { announcementRoutes } from './announcements/routes.ts';
import { healthPageRoutes } from './health/routes.ts';
import { adminInvitationRoutes } from './invitations/routes.ts';
import { adminPeopleRoutes } from './people/routes.ts';
import { registrationDecisionRoutes } from './registrations/routes.ts';
import { countOpenReports } from './reports/queries.ts';
import { adminReportRoutes } from './reports/routes.ts';
import { siteRoutes } from './site-routes.ts';

export function adminRoutes(ctx: AccountsContext): Router {
  const router = Router();
  router
    .route('/admin')
    .get(async (req, res) => {
      const openReports = await asSystem(() => countOpenReports(ctx.pool, signedIn(req).id));
      res.render('admin/overview', { openReports });
    })
    .all(allowOnly('GET'));
  router.use(adminPeopleRoutes(ctx)); // /admin/people
  router.use(registrationDecisionRoutes(ctx)); // /admin/registrations
  router.use(adminReportRoutes(ctx)); // /admin/reports
  router.use(announcementRoutes(ctx)); // /admin/announcements
  router.use(siteRoutes(ctx)); // /admin/site
  router.use(adminInvitationRoutes(ctx)); // /admin/invitations
  router.use(healthPageRoutes(ctx)); // /admin/health
  return router;
}

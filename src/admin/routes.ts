// The pages of administrators, below /admin; all behind one door (door.ts).
import { Router } from 'express';
import type { AccountsContext } from '../accounts/context.ts';
import { allowOnly } from '../web/errors.ts';
import { adminPeopleRoutes } from './people/routes.ts';

export function adminRoutes(ctx: AccountsContext): Router {
  const router = Router();
  router
    .route('/admin')
    .get((req, res) => res.render('admin/overview'))
    .all(allowOnly('GET'));
  router.use(adminPeopleRoutes(ctx)); // /admin/people
  return router;
}

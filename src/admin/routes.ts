// The pages of administrators, below /admin; all behind one door (door.ts).
import { Router } from 'express';
import { allowOnly } from '../web/errors.ts';

export function adminRoutes(): Router {
  const router = Router();
  router
    .route('/admin')
    .get((req, res) => res.render('admin/overview'))
    .all(allowOnly('GET'));
  return router;
}

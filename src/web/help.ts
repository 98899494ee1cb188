// What members can do, on one page: GET /help.
import { Router } from 'express';
import { allowOnly } from './errors.ts';

export function helpRoutes(): Router {
  const router = Router();
  router
    .route('/help')
    .get((_req, res) => res.render('web/help'))
    .all(allowOnly('GET'));
  return router;
}

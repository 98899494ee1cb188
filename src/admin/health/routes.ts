// The site's health: GET /admin/health.
import { Router } from 'express';
import type { AccountsContext } from '../../accounts/context.ts';
import { bytesInWords } from '../../in-words.ts';
import { signedIn } from '../../sessions/session.ts';
import { allowOnly } from '../../web/errors.ts';
import { findHealth } from './health.ts';

export function healthPageRoutes({ config, pool }: AccountsContext): Router {
  const router = Router();
  router
    .route('/admin/health')
    .get(async (req, res) => {
      const health = await findHealth(pool, config, signedIn(req).id);
      res.render('admin/health/health', { health, bytesInWords });
    })
    .all(allowOnly('GET'));
  return router;
}

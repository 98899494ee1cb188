// One's own reports, and what became of them: GET /account/reports.
import { Router } from 'express';
import { signedIn } from '../../sessions/session.ts';
import type { WebContext } from '../../web/context.ts';
import { allowOnly } from '../../web/errors.ts';
import { readPage } from '../../web/paging.ts';
import { describeOwnReport } from './describe.ts';
import { listOwnReportsAfter, listOwnReportsBefore } from './queries.ts';

export function ownReportRoutes({ pool, encryption }: WebContext): Router {
  const router = Router();
  router
    .route('/account/reports')
    .get(async (req, res) => {
      const { id } = signedIn(req);
      const page = await readPage(req, {
        before: (before, limit) => listOwnReportsBefore(pool, id, before, limit),
        after: (after, limit) => listOwnReportsAfter(pool, id, after, limit),
      });
      const rows = page.rows.map((report) => describeOwnReport(encryption, id, report));
      res.render('mailbox/reports/own-reports', { page: { ...page, rows } });
    })
    .all(allowOnly('GET'));
  return router;
}

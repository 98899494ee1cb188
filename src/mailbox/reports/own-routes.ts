// One's own reports, and what became of them: GET /account/reports.
import { Router } from 'express';
import type { Encryption } from '../../secrets/encryption.ts';
import { signedIn } from '../../sessions/session.ts';
import type { WebContext } from '../../web/context.ts';
import { allowOnly } from '../../web/errors.ts';
import { readPage } from '../../web/paging.ts';
import { decryptAnswer, decryptContent } from './encrypted.ts';
import { listOwnReportsAfter, listOwnReportsBefore, type OwnReport } from './queries.ts';

/** An administrator who sees a form again, or loads a page again, looks once. */
const sameLookMs = 10 * 60 * 1000;

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

/** Without `content` or `answer` where secret.key is not the key that encrypted them. */
export function describeOwnReport(encryption: Encryption, reporterId: string, report: OwnReport) {
  const { id, other, displayName, encrypted, answer, reportedAt, lookedAt, closedAt } = report;
  const key = { reporterId, id };
  return {
    id,
    other,
    displayName,
    origin: null,
    content: decryptContent(encryption, key, encrypted),
    reportedAt,
    looks: distinctLooks(lookedAt),
    closedAt,
    answer: answer ? decryptAnswer(encryption, key, answer) : '',
  };
}

function distinctLooks(lookedAt: Date[]): Date[] {
  return lookedAt.filter((at, index) => {
    const before = lookedAt[index - 1];
    return !before || at.getTime() - before.getTime() > sameLookMs;
  });
}

// Reports: GET /admin/reports, one of them below it, and the decision that closes it.
import { Router, type NextFunction, type Request, type Response } from 'express';
import { z } from 'zod';
import type { AccountsContext } from '../../accounts/context.ts';
import { asSystem } from '../../database/owner.ts';
import { bodyLimit } from '../../mailbox/compose/message-form.ts';
import type { ReportContent } from '../../mailbox/reports/encrypted.ts';
import { signedIn } from '../../sessions/session.ts';
import { allowOnly, HttpError } from '../../web/errors.ts';
import { flash } from '../../web/flash.ts';
import { blankForm, parseForm, preserveInput, rejectField, typedIn, type Form } from '../../web/forms.ts';
import { readPage } from '../../web/paging.ts';
import { isReading } from '../../web/prefetch.ts';
import { logPageAct } from '../act-log.ts';
import { closeReport, type Closing } from './close.ts';
import { decisionForm, type Decision } from './decision.ts';
import { lookAt } from './look.ts';
import { findReport, listReportsAfter, listReportsBefore, type Report, type State } from './queries.ts';

const page = '/admin/reports';

export function adminReportRoutes(ctx: AccountsContext): Router {
  const { pool } = ctx;
  const router = Router();
  router
    .route(page)
    .get(async (req, res) => {
      const { id } = signedIn(req);
      const state: State = req.query.state === 'closed' ? 'closed' : 'open';
      const path = state === 'closed' ? `${page}?state=closed` : page;
      const listed = await asSystem(() =>
        readPage(
          { path, query: req.query },
          {
            before: (before, limit) => listReportsBefore(pool, id, state, before, limit),
            after: (after, limit) => listReportsAfter(pool, id, state, after, limit),
          },
        ),
      );
      res.render('admin/reports/reports', { page: listed, state });
    })
    .all(allowOnly('GET'));

  router
    .route(`${page}/:id`)
    .get(async (req, res) => look(req, res, await reportIn(req), blankForm({ outcome: 'nothing' })))
    .all(allowOnly('GET'));

  router
    .route(`${page}/:id/close`)
    .all(preserve)
    .post(async (req, res) => {
      const report = await reportIn(req);
      const form = parseForm(decisionForm, req.body);
      if (!form.ok) return look(req, res.status(422), report, form);
      const options = [`--outcome=${form.values.outcome}`];
      await logPageAct(ctx, req, { command: 'reports close', userId: report.reportedId, options });
      const closing = await closeReport(ctx, 'An administrator', report, form.values);
      if (closing !== 'closed') {
        const isField = closing !== 'closed before';
        return look(
          req,
          res.status(422),
          report,
          rejectField(form, isField ? 'outcome' : '', refusals[closing]),
        );
      }
      flash(ctx, res, { line: closedLine(report, form.values) });
      res.redirect(303, page);
    })
    .all(allowOnly('POST'));

  /** Every page that shows what a report holds is a look, but not one that nobody sees, as in a prefetch. */
  async function look(req: Request, res: Response, report: Report, form: Form): Promise<void> {
    if (req.method !== 'POST' && !isReading(req)) return show(res, form, { report });
    await logPageAct(ctx, req, { command: 'reports look', userId: report.reportedId, options: [report.id] });
    const content = await lookAt(ctx, report);
    show(res, form, { report, content, isLooked: true });
  }

  async function reportIn(req: Request): Promise<Report> {
    const id = z.uuid().safeParse(req.params.id);
    const report = id.success && (await asSystem(() => findReport(pool, signedIn(req).id, id.data)));
    if (!report) throw new HttpError(404, 'This report does not exist (any more).');
    return report;
  }
  return router;
}

const refusals: Record<Exclude<Closing, 'closed'>, string> = {
  'closed before': 'Another administrator has closed this report meanwhile. Nothing was changed.',
  'account deleted': 'This account is deleted: nobody is left to be warned or disabled.',
  'last administrator': 'This is the last administrator, who cannot be disabled.',
};

function closedLine({ reported }: Report, { outcome }: Decision): string {
  if (outcome === 'nothing') return 'The report is closed.';
  return `The report is closed, and ${reported} is ${outcome}.`;
}

/** In front of everything that may refuse the form, also because a session ended; not for members who are no
 * administrators. */
export function preserveDecision(req: Request, res: Response, next: NextFunction): void {
  const { warning, answer } = typedIn(req.body);
  const isDecision = /^\/admin\/reports\/[^/]+\/close$/.test(req.path) && (warning || answer);
  if (isDecision && (!req.user || req.user.isAdmin)) preserve(req, res, next);
  else next();
}

const preserve = preserveInput((req, res, form) => show(res, form, { action: req.originalUrl }));

interface Shown {
  report?: Report;
  content?: ReportContent | undefined;
  isLooked?: boolean;
  action?: string;
}

/** Without the report: nothing that fails may stand between a text and its form. */
function show(res: Response, form: Form, { report, content, isLooked = false, action }: Shown): void {
  res.render('admin/reports/report', {
    form,
    report,
    content,
    isLooked,
    action: action ?? `${page}/${report!.id}/close`,
    bodyLimit,
  });
}

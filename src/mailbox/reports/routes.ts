// Report a received message: GET and POST /messages/:id/report.
import { Router, type NextFunction, type Request, type Response } from 'express';
import { z } from 'zod';
import { signedIn } from '../../sessions/session.ts';
import { allowOnly } from '../../web/errors.ts';
import { flash } from '../../web/flash.ts';
import { blankForm, parseForm, preserveInput, rejectField, typedIn, type Form } from '../../web/forms.ts';
import { bodyLimit } from '../compose/message-form.ts';
import type { MailboxContext } from '../context.ts';
import { messageId, openFound, unknownMessage } from '../opening.ts';
import { isInTray } from '../queries.ts';
import { findReportable, type Reportable } from './queries.ts';
import { maxOpenReports, maxReportsPerDay, reportMessage } from './report.ts';
import { optionalText } from './words.ts';

export const reportPath = '/messages/:id/report';
const reportForm = z.object({ words: optionalText });

export function reportRoutes(ctx: MailboxContext): Router {
  const { pool } = ctx;
  const router = Router();
  router
    .route(reportPath)
    .get(async (req, res) => {
      const viewer = signedIn(req);
      const found = await findReportable(pool, viewer.id, messageId(req));
      // Whoever reads it here has opened it: it cannot be taken back any more.
      const { message, marked } = await openFound(ctx, req, found, findReportable);
      if (!isInTray(message)) viewer.hasRead(marked);
      show(res, blankForm(), message);
    })
    .post(async (req, res) => {
      const [id, viewer] = [messageId(req), signedIn(req)];
      const form = parseForm(reportForm, req.body);
      if (!form.ok) return showAgain(req, res.status(422), form);
      const { kind } = await reportMessage(ctx, viewer.id, id, form.values.words);
      if (kind === 'no such message') throw unknownMessage();
      if (kind === 'too many' || kind === 'too many open')
        return showAgain(req, res.status(429), rejectField(form, '', refusals[kind]));
      flash(ctx, res, {
        line: kind === 'reported' ? 'Reported.' : 'You have reported this message already.',
      });
      res.redirect(303, '/account/reports');
    })
    .all(allowOnly('GET', 'POST'));

  async function showAgain(req: Request, res: Response, form: Form): Promise<void> {
    const message = await findReportable(pool, signedIn(req).id, messageId(req));
    if (!message) throw unknownMessage();
    show(res, form, message);
  }
  return router;
}

const refusals = {
  'too many': `You have reported ${maxReportsPerDay} messages within a day: that is as many as one can.`,
  'too many open': `${maxOpenReports} of your reports wait for an administrator: that is as many as one can have.`,
};

/** In front of everything that may refuse the form, also because a session ended. */
export function preserveReport(req: Request, res: Response, next: NextFunction): void {
  if (typedIn(req.body).words) preserve(req, res, next);
  else next();
}

/** Without the message: nothing that fails may stand between a text and its form. */
const preserve = preserveInput((req, res, form) => show(res, form, undefined, req.originalUrl));

function show(
  res: Response,
  form: Form,
  message?: Reportable,
  action = `/messages/${message?.id}/report`,
): void {
  res.render('mailbox/reports/report', { form, message, action, bodyLimit });
}

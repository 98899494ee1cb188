// Announcements: GET and POST /admin/announcements; written, shown as it will be read, and then sent.
import { Router, type NextFunction, type Request, type Response } from 'express';
import { z } from 'zod';
import type { AccountsContext } from '../../accounts/context.ts';
import { withTimeout } from '../../concurrency/with-timeout.ts';
import { countOf } from '../../in-words.ts';
import { bodyLimit, messageText } from '../../mailbox/compose/message-form.ts';
import { splitLinks } from '../../mailbox/links.ts';
import { signedIn } from '../../sessions/session.ts';
import { allowOnly } from '../../web/errors.ts';
import { flash } from '../../web/flash.ts';
import { blankForm, parseForm, preserveInput, typedIn, type Form } from '../../web/forms.ts';
import { readPage } from '../../web/paging.ts';
import { logPageAct } from '../act-log.ts';
import { announce, deliver } from './announce.ts';
import {
  countMembers,
  findAnnouncement,
  listAnnouncementsAfter,
  listAnnouncementsBefore,
} from './queries.ts';

const page = '/admin/announcements';
const announcementForm = z.object({ body: messageText, button: z.string().optional() });
/** After so long, delivery continues in the background. */
export const patienceMs = 3000;

export function announcementRoutes(ctx: AccountsContext): Router {
  const { pool, log, notifier } = ctx;
  const router = Router();
  router
    .route(page)
    .all(preserve)
    .get(async (req, res) => {
      const announcements = await readPage(req, {
        before: (before, limit) => listAnnouncementsBefore(pool, before, limit),
        after: (after, limit) => listAnnouncementsAfter(pool, after, limit),
      });
      res.render('admin/announcements/announcements', { form: blankForm(), bodyLimit, page: announcements });
    })
    .post(async (req, res) => {
      const form = parseForm(announcementForm, req.body);
      if (!form.ok) return showForm(req, res.status(422), form);
      const { body, button } = form.values;
      if (button === 'change') return showForm(req, res, form);
      if (button !== 'send') {
        const members = countOf(await countMembers(pool), 'member');
        return res.render('admin/announcements/preview', { body, pieces: splitLinks(body), members });
      }
      await logPageAct(ctx, req, { command: 'announce' });
      flash(ctx, res, { line: await send(signedIn(req).id, body) });
      res.redirect(303, page);
    })
    .all(allowOnly('GET', 'POST'));

  async function send(adminId: string, body: string): Promise<string> {
    const { id, isNew } = await announce(pool, adminId, body);
    const delivery = deliver(pool, id, (ownerIds) => notifier.notify(ownerIds));
    await withTimeout(
      patienceMs,
      delivery.catch((error: Error) => log.error({ err: error }, 'announcement')),
    );
    if (!isNew) return 'This text has been announced within the last day already: nobody gets it twice.';
    const { sentTo, doneAt } = (await findAnnouncement(pool, id))!;
    return doneAt ? `Sent to ${countOf(sentTo, 'member')}.` : 'It is on its way to all members.';
  }
  return router;
}

const preserve = preserveInput(showForm);

/** In front of everything that may refuse the form, also because a session ended; not for members who are no
 * administrators. */
export function preserveAnnouncement(req: Request, res: Response, next: NextFunction): void {
  const isWritten = req.path === page && typedIn(req.body).body;
  if (isWritten && (!req.user || req.user.isAdmin)) preserve(req, res, next);
  else next();
}

/** Without the list: nothing that fails may stand between a text and its form. */
function showForm(_req: Request, res: Response, form: Form): void {
  res.render('admin/announcements/announcements', { form, bodyLimit, page: undefined });
}

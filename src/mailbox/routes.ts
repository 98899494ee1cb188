// The inbox and sent lists, and bulk actions on messages.
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { inBatches } from '../database/batches.ts';
import { lowestIdAt } from '../ids.ts';
import { flashTrashed } from './trash/flash-trashed.ts';
import { trashMessages, trashOlder } from './trash/queries.ts';
import type { WebContext } from '../web/context.ts';
import { allowOnly, HttpError } from '../web/errors.ts';
import { flash } from '../web/flash.ts';
import { readDay, startOfDay } from '../web/days.ts';
import { blankForm, parseForm } from '../web/forms.ts';
import { backToNeighbor, backToRow } from '../web/anchors.ts';
import { pageSize, readPage } from '../web/paging.ts';
import { preloaded, preloadPage } from '../sessions/preload.ts';
import { signedIn } from '../sessions/session.ts';
import { countOlder, listBoxAfter, listBoxBefore, listInboxBefore, type Box, type Tray } from './queries.ts';
import { markAllRead, markRead, markUnread } from './unread.ts';
import { groupNotices } from './notice-groups.ts';
import { counted, sayDone, sayUnchanged, selectedIds } from './selection.ts';

type ListedBox = Exclude<Box, Tray>;

export const inboxPreload = preloadPage('/inbox', listInboxBefore);
export const sentPreload = preloadPage('/sent', (db, ownerId, before) =>
  listBoxBefore(db, ownerId, 'sent', before),
);

export function mailboxRoutes(ctx: WebContext): Router {
  const { pool } = ctx;
  const router = Router();

  router.route(inboxPreload.path).get(showInbox).all(allowOnly('GET'));
  router.route(sentPreload.path).get(showSent).all(allowOnly('GET'));
  for (const box of ['inbox', 'sent'] as const) {
    router.route(`/${box}/older`).get(showOlder(box)).post(deleteOlder(box)).all(allowOnly('GET', 'POST'));
  }

  async function showInbox(req: Request, res: Response): Promise<void> {
    const { id } = signedIn(req);
    let requests = 0;
    const page = await readPage(req, {
      before: async (before) => {
        const inbox = preloaded(req, inboxPreload) ?? (await listInboxBefore(pool, id, before));
        requests = inbox.requests;
        return inbox.rows;
      },
      after: (after) => listBoxAfter(pool, id, 'inbox', after),
    });
    const { offersCodes } = req.session;
    const rows = groupNotices(page.rows);
    const asking = requests > pageSize ? `${pageSize}+` : requests;
    res.render('mailbox/inbox', { page: { ...page, rows }, here: req.originalUrl, offersCodes, asking });
  }

  async function showSent(req: Request, res: Response): Promise<void> {
    const { id } = signedIn(req);
    const page = await readPage(req, {
      before: async (before) => preloaded(req, sentPreload) ?? listBoxBefore(pool, id, 'sent', before),
      after: (after) => listBoxAfter(pool, id, 'sent', after),
    });
    res.render('mailbox/sent', { page, here: req.originalUrl });
  }

  router
    .route('/messages/selected')
    .post(async (req, res) => {
      const { id } = signedIn(req);
      // "only": the Delete of a row that stands for several messages.
      const { only, ids: rows, action = only && 'delete' } = req.body ?? {};
      const ids = selectedIds(only ?? rows);
      if (action === 'read' || action === 'unread') {
        const mark = action === 'read' ? markRead : markUnread;
        flash(ctx, res, { line: await sayDone(pool, id, action, ids, await mark(pool, id, ids)) });
      } else if (action === 'delete') {
        const at = new Date();
        const trashed = await trashMessages(pool, id, ids, at);
        if (trashed.length > 0) flashTrashed(ctx, res, signedIn(req), trashed, at);
        else flash(ctx, res, { line: await sayUnchanged(pool, id, action, ids) });
      } else throw new HttpError(422, 'Choose what to do with the messages.');
      res.redirect(
        303,
        action === 'delete' ? backToNeighbor(req, '/inbox', ids) : backToRow(req, '/inbox', ids[0]),
      );
    })
    .all(allowOnly('POST'));

  router
    .route('/messages/read')
    .post(async (req, res) => {
      const upTo = z.uuid().safeParse(req.body?.upTo);
      if (!upTo.success) throw new HttpError(422, 'Nothing was marked: the form was incomplete.');
      const count = await markAllRead(pool, signedIn(req).id, upTo.data);
      flash(ctx, res, { line: counted(count, 'marked as read', 'All messages were already read.') });
      res.redirect(303, backToRow(req, '/inbox'));
    })
    .all(allowOnly('POST'));

  const olderForm = z.object({
    than: z
      .string('Please choose a day.')
      .refine((day) => readDay(day), 'Please choose a day, like 2026-01-31.'),
    /** Time of the first press of the button, if one was not enough: one Undo covers all. */
    at: z.iso.datetime().optional().catch(undefined),
  });

  function showOlder(box: ListedBox) {
    return async (req: Request, res: Response): Promise<void> => {
      if (req.query.than === undefined)
        return res.render('mailbox/older', { box, form: blankForm(), count: undefined });
      const form = parseForm(olderForm, req.query);
      if (!form.ok) return res.status(422).render('mailbox/older', { box, form, count: undefined });
      const count = await countOlder(
        pool,
        signedIn(req).id,
        box,
        lowestIdAt(startOfDay(form.values.than, res.locals.readersTime.timeZone)),
      );
      res.render('mailbox/older', { box, form, count });
    };
  }

  function deleteOlder(box: ListedBox) {
    return async (req: Request, res: Response): Promise<void> => {
      const form = parseForm(olderForm, req.body);
      if (!form.ok) return res.status(422).render('mailbox/older', { box, form, count: undefined });
      const { than, at = new Date().toISOString() } = form.values;
      const { id } = signedIn(req);
      const before = lowestIdAt(startOfDay(than, res.locals.readersTime.timeZone));
      const { count, isDone } = await inBatches((limit) =>
        trashOlder(pool, id, { box, before }, new Date(at), limit),
      );
      const line = counted(
        count,
        'moved to the trash',
        'All messages from before that day were already deleted.',
      );
      const undo = count > 0 ? { undo: at } : {};
      flash(ctx, res, {
        line: isDone ? line : `${line} There are more: please press the button again.`,
        ...undo,
      });
      res.redirect(303, isDone ? `/${box}` : `/${box}/older?${new URLSearchParams({ than, at }).toString()}`);
    };
  }

  return router;
}

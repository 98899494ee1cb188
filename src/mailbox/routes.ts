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
import { readPage } from '../web/paging.ts';
import { preloaded, preloadPage } from '../sessions/preload.ts';
import { signedIn } from '../sessions/session.ts';
import {
  countOlder,
  listBoxAfter,
  listBoxBefore,
  markAllRead,
  markRead,
  markUnread,
  type Box,
  type Tray,
} from './queries.ts';
import { groupNotices } from './notice-groups.ts';
import { counted, sayDone, sayUnchanged, selectedIds } from './selection.ts';

type ListedBox = Exclude<Box, Tray>;

const listPreload = (box: ListedBox) =>
  preloadPage(`/${box}`, (db, ownerId, before) => listBoxBefore(db, ownerId, box, before));

export const listPreloads = { inbox: listPreload('inbox'), sent: listPreload('sent') };

export function mailboxRoutes(ctx: WebContext): Router {
  const { pool } = ctx;
  const router = Router();

  for (const box of ['inbox', 'sent'] as const) {
    router.route(listPreloads[box].path).get(showBox(box)).all(allowOnly('GET'));
    router.route(`/${box}/older`).get(showOlder(box)).post(deleteOlder(box)).all(allowOnly('GET', 'POST'));
  }

  function showBox(box: ListedBox) {
    return async (req: Request, res: Response): Promise<void> => {
      const viewer = signedIn(req);
      const page = await readPage(req, {
        before: async (id) => preloaded(req, listPreloads[box]) ?? listBoxBefore(pool, viewer.id, box, id),
        after: (id) => listBoxAfter(pool, viewer.id, box, id),
      });
      const { offersCodes } = req.session;
      const rows = groupNotices(page.rows);
      res.render(`mailbox/${box}`, { page: { ...page, rows }, here: req.originalUrl, offersCodes });
    };
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

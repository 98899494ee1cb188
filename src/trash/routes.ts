// The trash: looking into it, taking things out, and removing them for good.
import { Router } from 'express';
import { z } from 'zod';
import { inBatches } from '../database/batches.ts';
import type { Pool } from '../database/pool.ts';
import { splitLinks } from '../mailbox/links.ts';
import { isReading, messageId, unknownMessage } from '../mailbox/message-routes.ts';
import { openMessage } from '../mailbox/queries.ts';
import { counted, selectedIds } from '../mailbox/selection.ts';
import { aroundInSearch, type Around } from '../search/around.ts';
import { allowOnly, HttpError } from '../web/errors.ts';
import type { Flash } from '../web/flash.ts';
import { localPath } from '../web/local-path.ts';
import { readPage } from '../web/paging.ts';
import { signedIn } from '../web/session.ts';
import {
  deleteForever,
  emptyTrash,
  findTrashed,
  listTrashAfter,
  listTrashBefore,
  restoreMessages,
  type TrashedMessage,
} from './queries.ts';

export function trashRoutes(pool: Pool, flash: Flash): Router {
  const router = Router();

  router
    .route('/trash')
    .get(async (req, res) => {
      const { id } = signedIn(req);
      const page = await readPage(req, {
        before: (cursor, limit) => listTrashBefore(pool, id, cursor, limit),
        after: (cursor, limit) => listTrashAfter(pool, id, cursor, limit),
      });
      res.render('trash/trash', { page, here: req.originalUrl });
    })
    .all(allowOnly('GET'));

  router
    .route('/trash/selected')
    .post(async (req, res) => {
      const { id } = signedIn(req);
      const ids = selectedIds(req.body);
      const action: unknown = req.body?.action;
      if (action === 'restore')
        flash(res, { line: counted(await restoreMessages(pool, id, { ids }), 'restored') });
      else if (action === 'forever')
        flash(res, { line: counted(await deleteForever(pool, id, ids), 'deleted for ever') });
      else throw new HttpError(422, 'Choose what to do with the messages.');
      res.redirect(303, localPath(req.body?.from) ?? '/trash');
    })
    .all(allowOnly('POST'));

  router
    .route('/trash/undo')
    .post(async (req, res) => {
      const at = z.iso.datetime().safeParse(req.body?.at);
      if (!at.success) throw new HttpError(422, 'Nothing was changed: the form was not complete.');
      const { id } = signedIn(req);
      const { count, isDone } = await inBatches((limit) =>
        restoreMessages(pool, id, { trashedAt: new Date(at.data), limit }),
      );
      const line = counted(count, 'restored');
      flash(res, isDone ? { line } : { line: `${line} There are more.`, undo: at.data });
      res.redirect(303, localPath(req.body?.from) ?? '/trash');
    })
    .all(allowOnly('POST'));

  router
    .route('/trash/empty')
    .get((req, res) => res.render('trash/empty'))
    .post(async (req, res) => {
      const { id } = signedIn(req);
      const { count, isDone } = await inBatches((limit) => emptyTrash(pool, id, limit));
      const line = counted(count, 'deleted for ever');
      flash(res, { line: isDone ? line : `${line} There are more: please press the button once more.` });
      res.redirect(303, isDone ? '/trash' : '/trash/empty');
    })
    .all(allowOnly('GET', 'POST'));

  router
    .route('/trash/:id')
    .get(async (req, res) => {
      const viewer = signedIn(req);
      const { id: ownerId } = viewer;
      const found = await findTrashed(pool, ownerId, messageId(req));
      // Reading it here is reading it: its sender cannot take it back any more.
      const { message, marked } = isReading(req)
        ? await openMessage(pool, ownerId, found, findTrashed)
        : { message: found, marked: 0 };
      if (!message) throw unknownMessage();
      if (marked > 0) viewer.hasChanged(); // what lies in the trash is not counted
      const around = await aroundInSearch(
        pool,
        ownerId,
        req.query.q,
        message.id,
        res.locals.readersTime.timeZone,
      );
      res.render('trash/message', {
        message,
        pieces: splitLinks(message.body),
        around: around ?? inTrash(message),
      });
    })
    .all(allowOnly('GET'));

  router
    .route('/trash/:id/restore')
    .post(async (req, res) => {
      const count = await restoreMessages(pool, signedIn(req).id, { ids: [messageId(req)] });
      if (count === 0) throw unknownMessage();
      flash(res, { line: 'Restored.' });
      res.redirect(303, localPath(req.body?.from) ?? '/trash');
    })
    .all(allowOnly('POST'));

  router
    .route('/trash/:id/delete')
    .post(async (req, res) => {
      const count = await deleteForever(pool, signedIn(req).id, [messageId(req)]);
      if (count === 0) throw unknownMessage();
      flash(res, { line: 'Deleted for ever.' });
      res.redirect(303, localPath(req.body?.from) ?? '/trash');
    })
    .all(allowOnly('POST'));

  return router;
}

/** The neighbours that came with the message. */
function inTrash({ newer, older }: TrashedMessage): Around {
  const address = (id: string | null) => (id ? `/trash/${id}` : undefined);
  return { newer: address(newer), older: address(older), list: '/trash', listName: 'the trash' };
}

// The trash: view, restore, delete permanently.
import { Router, type Request } from 'express';
import { z } from 'zod';
import { inBatches } from '../../database/batches.ts';
import { splitLinks } from '../links.ts';
import { messageId, openFound, unknownMessage } from '../opening.ts';
import { findMessage } from '../queries.ts';
import { askToDelete } from '../questions.ts';
import { counted, sayDone, selectedIds } from '../selection.ts';
import { aroundInSearch, type Around } from '../search/around.ts';
import type { WebContext } from '../../web/context.ts';
import { askFirst, type Confirmation } from '../../web/confirmation.ts';
import { allowOnly, HttpError } from '../../web/errors.ts';
import { flash } from '../../web/flash.ts';
import { backToNeighbor, backToRow } from '../../web/anchors.ts';
import { localPath } from '../../web/local-path.ts';
import { readPage } from '../../web/paging.ts';
import { signedIn } from '../../sessions/session.ts';
import { deletePermanently, emptyTrash, restoreMessages } from './queries.ts';
import { findTrashed, listTrashAfter, listTrashBefore, type TrashedMessage } from './trashed-messages.ts';

export function trashRoutes(ctx: WebContext): Router {
  const { pool } = ctx;
  const router = Router();

  router
    .route('/trash')
    .get(async (req, res) => {
      const { id } = signedIn(req);
      const page = await readPage(req, {
        before: (cursor, limit) => listTrashBefore(pool, id, cursor, limit),
        after: (cursor, limit) => listTrashAfter(pool, id, cursor, limit),
      });
      res.render('mailbox/trash/trash', { page, here: req.originalUrl });
    })
    .all(allowOnly('GET'));

  router
    .route('/trash/selected')
    .post(askFirst(deletingSelected), async (req, res) => {
      const { id } = signedIn(req);
      const ids = selectedIds(req.body?.ids);
      const action: unknown = req.body?.action;
      if (action !== 'restore' && action !== 'forever')
        throw new HttpError(422, 'Choose what to do with the messages.');
      const changed =
        action === 'restore'
          ? await restoreMessages(pool, id, { ids })
          : await deletePermanently(pool, id, ids);
      flash(ctx, res, { line: await sayDone(pool, id, action, ids, changed) });
      res.redirect(303, backToNeighbor(req, '/trash', ids));
    })
    .all(allowOnly('POST'));

  router
    .route('/trash/undo')
    .post(async (req, res) => {
      const at = z.iso.datetime().safeParse(req.body?.at);
      if (!at.success) throw new HttpError(422, 'Nothing was changed: the form was incomplete.');
      const { id } = signedIn(req);
      const trashedAt = new Date(at.data);
      let newest = '';
      const { count, isDone } = await inBatches(async (limit) => {
        const ids = await restoreMessages(pool, id, { trashedAt, limit });
        newest = [newest, ...ids].reduce((one, other) => (one > other ? one : other));
        return ids.length;
      });
      const line = counted(count, 'restored', 'This was already undone, or is deleted permanently.');
      flash(ctx, res, isDone ? { line } : { line: `${line} There are more.`, undo: at.data });
      res.redirect(303, backToRow(req, '/trash', newest));
    })
    .all(allowOnly('POST'));

  router
    .route('/trash/empty')
    .get((req, res) => res.render('mailbox/trash/empty'))
    .post(async (req, res) => {
      const { id } = signedIn(req);
      const { count, isDone } = await inBatches((limit) => emptyTrash(pool, id, limit));
      const line = counted(count, 'deleted permanently', 'The trash was already empty.');
      flash(ctx, res, { line: isDone ? line : `${line} There are more: please press the button again.` });
      res.redirect(303, isDone ? '/trash' : '/trash/empty');
    })
    .all(allowOnly('GET', 'POST'));

  router
    .route('/trash/:id')
    .get(async (req, res) => {
      const viewer = signedIn(req);
      const { id: ownerId } = viewer;
      const found = await findTrashed(pool, ownerId, messageId(req));
      // Opening it here counts as reading: its sender cannot unsend it any more.
      const { message, marked } = await openFound(ctx, req, found, findTrashed);
      if (marked > 0) viewer.hasChanged(); // the unread count excludes the trash
      const around = await aroundInSearch(
        pool,
        ownerId,
        req.query.q,
        message.id,
        res.locals.readersTime.timeZone,
      );
      res.render('mailbox/trash/message', {
        message,
        pieces: splitLinks(message.body),
        around: around ?? inTrash(message),
      });
    })
    .all(allowOnly('GET'));

  router
    .route('/trash/:id/restore')
    .post(async (req, res) => {
      const [id, { id: ownerId }] = [messageId(req), signedIn(req)];
      const [restored] = await restoreMessages(pool, ownerId, { ids: [id] });
      if (!restored) throw await notInTrash(ownerId, id);
      flash(ctx, res, { line: 'Restored.' });
      res.redirect(303, backToNeighbor(req, '/trash', [id]));
    })
    .all(allowOnly('POST'));

  router
    .route('/trash/:id/delete')
    .post(
      askFirst((req) => deleting(req, 1)),
      async (req, res) => {
        const [id, { id: ownerId }] = [messageId(req), signedIn(req)];
        const [deleted] = await deletePermanently(pool, ownerId, [id]);
        if (!deleted) throw await notInTrash(ownerId, id);
        flash(ctx, res, { line: 'Deleted permanently.' });
        res.redirect(303, backToNeighbor(req, '/trash', [id]));
      },
    )
    .all(allowOnly('POST'));

  async function notInTrash(ownerId: string, id: string): Promise<HttpError> {
    const isRestored = (await findMessage(pool, ownerId, id)) !== undefined;
    return isRestored ? new HttpError(404, 'This message is not in the trash (any more).') : unknownMessage();
  }
  return router;
}

function deleting(req: Request, count: number): Confirmation {
  return {
    question: askToDelete(count),
    button: 'Delete permanently',
    back: localPath(req.body?.from) ?? '/trash',
  };
}

function deletingSelected(req: Request): Confirmation | undefined {
  const { length } = selectedIds(req.body?.ids);
  return req.body?.action === 'forever' && length > 0 ? deleting(req, length) : undefined;
}

function inTrash({ newer, older }: TrashedMessage): Around {
  const address = (id: string | null) => (id ? `/trash/${id}` : undefined);
  return { newer: address(newer), older: address(older), list: '/trash', listName: 'the trash' };
}

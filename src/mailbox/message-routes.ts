// One message: read, delete, mark as unread, unsend.
import { Router, type Request } from 'express';
import { z } from 'zod';
import { beginFormPage } from './compose/form-page.ts';
import { bodyLimit, newFormKey } from './compose/message-form.ts';
import { unsendMessage } from './compose/unsend.ts';
import type { MailboxContext } from './context.ts';
import { flashTrashed } from './trash/flash-trashed.ts';
import { trashMessages } from './trash/queries.ts';
import { findTrashed } from './trash/trashed-messages.ts';
import { aroundInSearch, type Around } from './search/around.ts';
import { askFirst, type Confirmation } from '../web/confirmation.ts';
import { allowOnly, HttpError } from '../web/errors.ts';
import type { WebContext } from '../web/context.ts';
import { flash } from '../web/flash.ts';
import { blankForm, type Form } from '../web/forms.ts';
import { backToNeighbor, backToRow } from '../web/anchors.ts';
import { localPath } from '../web/local-path.ts';
import { preloaded, type Preload } from '../sessions/preload.ts';
import { signedIn } from '../sessions/session.ts';
import { splitLinks } from './links.ts';
import { messageId, openFound, unknownMessage } from './opening.ts';
import { findMessage, isInTray, type Message } from './queries.ts';
import { markUnread } from './unread.ts';
import { questions } from './questions.ts';
import { sayUnchanged } from './selection.ts';
import { countHeld } from './trays/queries.ts';

export const messagePreload: Preload<Message | undefined> = {
  path: '/messages/:id',
  choose: ({ params }) => {
    const id = z.uuid().safeParse(params.id);
    return id.success ? (db, ownerId) => findMessage(db, ownerId, id.data) : undefined;
  },
};

export function messageRoutes(ctx: MailboxContext): Router {
  const { pool, notifier } = ctx;
  const router = Router();

  router
    .route(messagePreload.path)
    .get(async (req, res) => {
      const viewer = signedIn(req);
      const found = preloaded(req, messagePreload) ?? (await findMessage(pool, viewer.id, messageId(req)));
      const { message, marked } = await openFound(ctx, req, found, findMessage);
      if (isInTray(message))
        return res.render('mailbox/trays/message', {
          message,
          further: message.box === 'blocked' ? 0 : await countHeld(pool, viewer.id, message.otherId),
          form: answerForm(ctx, viewer.id, message),
          bodyLimit,
        });
      viewer.hasRead(marked);
      const around = await aroundInSearch(
        pool,
        viewer.id,
        req.query.q,
        message.id,
        res.locals.readersTime.timeZone,
      );
      res.render('mailbox/message', {
        message,
        form: answerForm(ctx, viewer.id, message),
        bodyLimit,
        pieces: splitLinks(message.body),
        around: around ?? inBox(message),
      });
    })
    .all(allowOnly('GET'));

  router
    .route('/messages/:id/delete')
    .post(async (req, res) => {
      const at = new Date();
      const [id, viewer] = [messageId(req), signedIn(req)];
      const trashed = await trashMessages(pool, viewer.id, [id], at);
      if (trashed.length === 0) {
        if (!(await findTrashed(pool, viewer.id, id))) throw unknownMessage();
        throw new HttpError(404, 'This message was already deleted: it is in the trash.');
      }
      flashTrashed(ctx, res, viewer, trashed, at);
      res.redirect(303, backToNeighbor(req, '/inbox', [id]));
    })
    .all(allowOnly('POST'));

  router
    .route('/messages/:id/unread')
    .post(async (req, res) => {
      const id = messageId(req);
      const { id: ownerId } = signedIn(req);
      const [marked] = await markUnread(pool, ownerId, [id]);
      if (!marked && !(await findMessage(pool, ownerId, id))) throw unknownMessage();
      const line = marked ? 'Marked as unread.' : await sayUnchanged(pool, ownerId, 'unread', [id]);
      flash(ctx, res, { line });
      res.redirect(303, backToRow(req, '/inbox', id));
    })
    .all(allowOnly('POST'));

  router
    .route('/messages/:id/unsend')
    .post(askFirst(unsending), async (req, res) => {
      const id = messageId(req);
      const outcome = await unsendMessage(pool, signedIn(req).id, id);
      if (outcome.kind === 'no such message') throw unknownMessage();
      if (outcome.kind === 'taken back') {
        notifier.notify([outcome.recipientId]);
        flash(ctx, res, { line: `Taken back: ${outcome.recipient} will not see it.` });
      } else {
        flash(ctx, res, {
          line: `${outcome.recipient} has opened or deleted it already, so it cannot be taken back.`,
        });
      }
      res.redirect(303, backToNeighbor(req, '/sent', outcome.kind === 'taken back' ? [id] : []));
    })
    .all(allowOnly('POST'));

  return router;
}

function unsending(req: Request): Confirmation {
  return { question: questions.unsend, button: 'Take back', back: localPath(req.body?.from) ?? '/sent' };
}

/** Undefined where there is nobody to answer: notices, imported messages, deleted accounts. */
function answerForm(ctx: WebContext, ownerId: string, { other, origin }: Message): Form | undefined {
  if (!other || origin) return undefined;
  const key = newFormKey();
  const page = beginFormPage(ctx, ownerId, key);
  return blankForm({ recipient: other, key, page, from: `/with/${other}` });
}

function inBox({ box, newer, older }: Message): Around {
  const address = (id: string | null) => (id ? `/messages/${id}` : undefined);
  const listName = box === 'sent' ? 'what you sent' : 'the inbox';
  return { newer: address(newer), older: address(older), list: `/${box}`, listName };
}

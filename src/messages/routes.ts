// What you send and receive: the inbox, sending, deleting.
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import type { Config } from '../config.ts';
import type { Pool } from '../database/pool.ts';
import { allowOnly, HttpError } from '../web/errors.ts';
import type { Flash } from '../web/flash.ts';
import { blankForm, parseForm, rejectField, type Form } from '../web/forms.ts';
import { localPath } from '../web/local-path.ts';
import { signedIn } from '../web/session.ts';
import { bodyLimit, digestOf, messageForm, newFormKey } from './message-form.ts';
import { readPage } from './paging.ts';
import { deleteMessage, listInboxAfter, listInboxBefore, sendMessage } from './queries.ts';

export function messageRoutes(pool: Pool, config: Config, flash: Flash): Router {
  const router = Router();

  router
    .route('/inbox')
    .get(async (req, res) => {
      const { id } = signedIn(req);
      const page = await readPage(req, {
        before: (cursor, limit) => listInboxBefore(pool, id, cursor, limit),
        after: (cursor, limit) => listInboxAfter(pool, id, cursor, limit),
      });
      res.render('messages/inbox', { page, here: req.originalUrl });
    })
    .all(allowOnly('GET'));

  router
    .route('/send')
    .get((req, res) => {
      const { to } = req.query;
      showSend(req, res, blankForm({ recipient: typeof to === 'string' ? to : '', key: newFormKey() }));
    })
    .post(async (req, res) => {
      const form = parseForm(messageForm, req.body);
      if (!form.ok) return showSend(req, res.status(422), form);

      const letter = {
        from: signedIn(req).id,
        to: form.values.recipient,
        body: form.values.body,
        digest: digestOf(form.values),
        sentAt: new Date(),
      };
      const outcome = await sendMessage(pool, letter, config.sendsPerMinute);
      if (outcome === 'no such recipient') {
        return showSend(
          req,
          res.status(422),
          rejectField(form, 'recipient', 'Nobody here has that username.'),
        );
      }
      if (outcome === 'too many') {
        throw new HttpError(
          429,
          'You have sent many messages in a short time. Please wait a minute and press Send again.',
          60,
        );
      }
      flash(res, `Sent to ${letter.to}.`);
      res.redirect(303, '/inbox');
    })
    .all(allowOnly('GET', 'POST'));

  router
    .route('/messages/:id/delete')
    .post(async (req, res) => {
      const id = idIn(req);
      if (!(await deleteMessage(pool, signedIn(req).id, id)))
        throw new HttpError(404, 'This message does not exist (any more).');
      flash(res, 'Deleted.');
      res.redirect(303, localPath(req.body?.from) ?? '/inbox');
    })
    .all(allowOnly('POST'));

  return router;
}

/** The message's id in the address; what cannot be an id is as unknown as one that is none. */
function idIn(req: Request): string {
  const id = z.uuid().safeParse(req.params.id);
  if (!id.success) throw new HttpError(404, 'This message does not exist.');
  return id.data;
}

/** The page on which one writes, with whatever was typed already. */
export function showSend(req: Request, res: Response, form: Form): void {
  const key = messageForm.shape.key.safeParse(form.typed.key).data ?? newFormKey();
  res.render('messages/send', { form: { ...form, typed: { ...form.typed, key } }, bodyLimit });
}

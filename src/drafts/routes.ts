// Letters begun and not sent: saving, the list, discarding. They are resumed where letters are written: /send?draft=ID.
import { Router } from 'express';
import { z } from 'zod';
import { readLetter } from '../compose/letter-form.ts';
import type { Pool } from '../database/pool.ts';
import { allowOnly, HttpError } from '../web/errors.ts';
import type { Flash } from '../web/flash.ts';
import { signedIn } from '../web/session.ts';
import { discardDraft, draftLimit, listDrafts, saveDraft } from './queries.ts';

export function draftRoutes(pool: Pool, flash: Flash): Router {
  const router = Router();

  router
    .route('/drafts')
    .get(async (req, res) => {
      res.render('drafts/drafts', { drafts: await listDrafts(pool, signedIn(req).id) });
    })
    .post(async (req, res) => {
      const letter = readLetter(req.body);
      const isText = [letter.recipient, letter.body].every(
        (text) => text.isWellFormed() && !text.includes('\0'),
      );
      if (!isText) throw new HttpError(422, 'There is a character in this text that cannot be kept.');
      const { key: id, recipient, body } = letter;
      const isSaved = await saveDraft(pool, signedIn(req).id, {
        id,
        recipient,
        body: body.replaceAll('\r\n', '\n'),
      });
      if (!isSaved)
        throw new HttpError(
          422,
          `There are ${draftLimit} drafts already. Send or discard one of them first.`,
        );
      // The page saves by itself while somebody writes; it needs no page in return.
      if (req.accepts(['html', 'json']) === 'json') {
        res.json({ isSaved });
        return;
      }
      flash(res, { line: 'Saved as a draft.' });
      res.redirect(303, `/send?draft=${id}`);
    })
    .all(allowOnly('GET', 'POST'));

  router
    .route('/drafts/:id/discard')
    .post(async (req, res) => {
      const id = z.uuid().safeParse(req.params.id);
      const isGone = id.success && (await discardDraft(pool, signedIn(req).id, id.data));
      if (!isGone) throw new HttpError(404, 'This draft does not exist (any more).');
      flash(res, { line: 'Draft discarded.' });
      res.redirect(303, '/drafts');
    })
    .all(allowOnly('POST'));

  return router;
}

// Drafts: save, list, discard; resumed at /send?draft=ID.
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { moveFormPage, readFormPage } from '../compose/form-page.ts';
import { readMessage, type TypedMessage } from '../compose/message-form.ts';
import { showSend } from '../compose/routes.ts';
import { questions } from '../questions.ts';
import { recount } from '../usage.ts';
import type { WebContext } from '../../web/context.ts';
import { askFirst, type Confirmation } from '../../web/confirmation.ts';
import { allowOnly, HttpError } from '../../web/errors.ts';
import { flash } from '../../web/flash.ts';
import { typedIn } from '../../web/forms.ts';
import { signedIn } from '../../sessions/session.ts';
import { maxDrafts, maxDraftLength } from './limits.ts';
import { discardDraft, keepDraft, listDrafts, type Kept } from './queries.ts';

export function draftRoutes(ctx: WebContext): Router {
  const { config, pool } = ctx;
  const router = Router();

  router
    .route('/drafts')
    .get(async (req, res) => {
      res.render('mailbox/drafts/drafts', { drafts: await listDrafts(pool, signedIn(req).id) });
    })
    .post(async (req, res) => {
      const message = readMessage(req.body);
      const kept = await keep(signedIn(req).id, message);
      // Autosave from the page's script.
      if (req.accepts(['html', 'json']) === 'json') return answerScript(req, res, message, kept);
      if (isRefused(kept)) throw new HttpError(422, refusals[kept.kind]);
      if (kept.kind === 'ended') return offerNew(req, res);
      flash(ctx, res, { line: kept.kind === 'saved' ? 'Saved as a draft.' : copied });
      res.redirect(303, `/send?draft=${kept.id}`);
    })
    .all(allowOnly('GET', 'POST'));

  async function keep(ownerId: string, message: TypedMessage): Promise<Kept> {
    const { key: id, recipient, body } = message;
    const isText = [recipient, body].every((text) => text.isWellFormed() && !text.includes('\0'));
    if (!isText) throw new HttpError(422, 'This text contains a character that cannot be stored.');
    const page = readFormPage(ctx, message);
    const draft = { id, recipient, body: body.replaceAll('\r\n', '\n') };
    const seen = page?.writerId === ownerId ? { seen: page.seen } : {};
    const options = { ...seen, mailboxBytes: config.mailbox.bytes };
    const kept = await keepDraft(pool, ownerId, draft, options);
    if (kept.kind !== 'over quota') return kept;
    await recount(pool, ownerId, config.mailbox); // messages may have been deleted since the last count
    return keepDraft(pool, ownerId, draft, options);
  }

  function answerScript(req: Request, res: Response, message: TypedMessage, kept: Kept): void {
    if (kept.kind === 'copied') {
      const page = moveFormPage(ctx, signedIn(req).id, message, kept.id);
      res.json({
        isSaved: true,
        key: kept.id,
        page,
        line: 'Saved as another draft: this one was changed elsewhere',
      });
    } else if (kept.kind === 'ended') {
      res.status(409).json({ isSaved: false, line: 'Not saved: this draft was sent or discarded elsewhere' });
    } else if (isRefused(kept)) {
      const line = `Not saved, your text is only on this page: ${refusals[kept.kind]}`;
      res.status(422).json({ isSaved: false, line });
    } else res.json({ isSaved: true });
  }

  /** Shows the form under a new key, so that saving again begins a new draft. */
  function offerNew(req: Request, res: Response): void {
    const { key: _, ...typed } = typedIn(req.body);
    showSend(ctx, req, res.status(409), { typed, errors: { '': ended } });
  }

  router
    .route('/drafts/:id/discard')
    .post(askFirst(discarding), async (req, res) => {
      const id = z.uuid().safeParse(req.params.id);
      const outcome = id.success ? await discardDraft(pool, signedIn(req).id, id.data) : 'unknown';
      if (outcome === 'unknown') throw new HttpError(404, 'This draft does not exist (any more).');
      flash(ctx, res, {
        line: outcome === 'discarded' ? 'Draft discarded.' : 'This draft was sent or discarded already.',
      });
      res.redirect(303, '/drafts');
    })
    .all(allowOnly('POST'));

  return router;
}

function discarding(): Confirmation {
  return { question: questions.discard, button: 'Discard', back: '/drafts' };
}

type Refused = Extract<Kept, { kind: 'full' | 'too long' | 'over quota' }>;

function isRefused(kept: Kept): kept is Refused {
  return kept.kind in refusals;
}

const refusals: Record<Refused['kind'], string> = {
  'over quota':
    'Your mailbox is full, so this was not saved. Delete some sent messages, empty the trash, and save it again.',
  full: `There are ${maxDrafts} drafts already. Send or discard one of them first.`,
  'too long':
    `A draft has at most ${maxDraftLength.body.toLocaleString('en')} characters. Nothing has been cut off: ` +
    'please shorten it.',
};

const copied =
  'This draft was saved on another page meanwhile, so both are kept: this is yours, the other one is among ' +
  'your drafts.';

const ended =
  'This draft was sent or discarded on another page, so it was not saved again. To save this text as a new draft, ' +
  'press Save draft again.';

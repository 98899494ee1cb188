// Blocked people: GET and POST /account/blocked, and POST /account/blocked/end.
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { signedIn } from '../../sessions/session.ts';
import { typedUsername, unknownUsername } from '../../usernames.ts';
import type { WebContext } from '../../web/context.ts';
import { allowOnly } from '../../web/errors.ts';
import { flash } from '../../web/flash.ts';
import { blankForm, parseForm, rejectField, type Form } from '../../web/forms.ts';
import { localPath } from '../../web/local-path.ts';
import { readPage } from '../../web/paging.ts';
import { blockPerson, findPerson, listBlockedAfter, listBlockedBefore, unblockPerson } from './queries.ts';

const personForm = z.object({ username: typedUsername });
const home = '/account/blocked';

export function blockedRoutes(ctx: WebContext): Router {
  const { pool } = ctx;
  const router = Router();

  async function show(req: Request, res: Response, form: Form): Promise<void> {
    const { id } = signedIn(req);
    const page = await readPage(req, {
      before: (before) => listBlockedBefore(pool, id, before),
      after: (after) => listBlockedAfter(pool, id, after),
    });
    res.render('mailbox/contacts/blocked', { form, page });
  }

  router
    .route(home)
    .get((req, res) => show(req, res, blankForm()))
    .post(async (req, res) => {
      const form = parseForm(personForm, req.body);
      if (!form.ok) return show(req, res.status(422), form);
      const viewer = signedIn(req);
      const person = await findPerson(pool, form.values.username);
      if (!person) return show(req, res.status(422), rejectField(form, 'username', unknownUsername));
      if (person.id === viewer.id)
        return show(req, res.status(422), rejectField(form, 'username', 'You cannot block yourself.'));
      const isNew = await blockPerson(pool, viewer.id, person.id);
      flash(ctx, res, { line: isNew ? blocked(person.username) : `${person.username} is blocked already.` });
      res.redirect(303, localPath(req.body.from) ?? home);
    })
    .all(allowOnly('GET', 'POST'));

  router
    .route(`${home}/end`)
    .post(async (req, res) => {
      const other = z.uuid().safeParse(req.body?.person);
      const { id } = signedIn(req);
      const isDone = other.success && (await unblockPerson(pool, id, other.data));
      flash(ctx, res, { line: isDone ? unblocked : 'This person was not blocked.' });
      res.redirect(303, localPath(req.body?.from) ?? home);
    })
    .all(allowOnly('POST'));
  return router;
}

const blocked = (name: string) =>
  `${name} is blocked: from now on, what ${name} writes to you goes to Blocked. ${name} does not learn of it.`;
const unblocked =
  'Unblocked. What was written meanwhile stays in Blocked, where you can move it to your inbox.';

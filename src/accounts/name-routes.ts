// The account's display name and its place in the directory: GET and POST /account/name.
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { displayName, lookOf } from '../display-names.ts';
import { skeletonOf } from '../look-alikes.ts';
import { allowOnly } from '../web/errors.ts';
import { flash } from '../web/flash.ts';
import { blankForm, parseForm, preserveInput, rejectField, type Form } from '../web/forms.ts';
import { signedIn } from '../sessions/session.ts';
import type { AccountsContext } from './context.ts';
import { findOwnName, isUsedUsername, setDisplayName, setListed } from './queries.ts';

/** An unchecked box sends nothing. */
const nameForm = z.object({ displayName, isListed: z.literal('yes').optional() });

export const maxNamesPerHour = 20;
const taken = 'This name looks like the username of somebody else here. Please choose another one.';

export function nameRoutes(ctx: AccountsContext): Router {
  const { config, pool, hashUsername, rateLimits } = ctx;
  const router = Router();
  // The answer tells whether a username was ever used, like that of registering.
  const names = rateLimits('display-names', maxNamesPerHour, 60 * 60);

  const show = (req: Request, res: Response, form: Form): void =>
    res.render('accounts/name', { form, hasDirectory: config.directory === 'members' });

  router
    .route('/account/name')
    .all(preserveInput(show))
    .get(async (req, res) => {
      const own = await findOwnName(pool, signedIn(req).id);
      show(
        req,
        res,
        blankForm({ displayName: own.displayName ?? '', ...(own.isListed && { isListed: 'yes' }) }),
      );
    })
    .post(async (req, res) => {
      const form = parseForm(nameForm, req.body);
      if (!form.ok) return show(req, res.status(422), form);
      const { id, username } = signedIn(req);
      const { displayName: name, isListed } = form.values;
      const before = await findOwnName(pool, id);
      if (name !== '' && name !== before.displayName) {
        await names.consume(id);
        if (await isTaken(name, username))
          return show(req, res.status(422), rejectField(form, 'displayName', taken));
      }
      await setDisplayName(pool, id, name || null);
      await setListed(pool, id, isListed === 'yes');
      flash(ctx, res, { line: inWords(name, username) });
      res.redirect(303, '/account');
    })
    .all(allowOnly('GET', 'POST'));

  /** A username of somebody else, in use or used before, or a look-alike of one. */
  async function isTaken(name: string, username: string): Promise<boolean> {
    const look = lookOf(name);
    if (!look || look.skeleton === skeletonOf(username)) return false;
    return isUsedUsername(pool, [hashUsername(look.skeleton), hashUsername(look.letters)]);
  }

  return router;
}

/** The name is isolated: its direction must not reach the words around it. */
function inWords(name: string, username: string): string {
  return name
    ? `Saved. People see you as \u2068${name}\u2069, ${username}.`
    : `Saved. People see you as ${username}.`;
}

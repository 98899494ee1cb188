// The user's passkeys: list, add, remove.
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { changeAccount } from '../changes.ts';
import { requireConfirmed } from '../confirm-password.ts';
import type { MailboxContext } from '../../mailbox/context.ts';
import { agentOf, titleOf } from '../../web/user-agents.ts';
import { flashChange } from '../devices/flash-change.ts';
import { allowOnly, HttpError } from '../../web/errors.ts';
import { blankForm, countCharacters, parseForm, plainText, rejectField, type Form } from '../../web/forms.ts';
import { signedIn } from '../../sessions/session.ts';
import { isBlank } from '../../web/text.ts';
import { readNewPasskey } from './answers.ts';
import { creationOptions, verifyRegistration } from './ceremonies.ts';
import { addPasskey, listPasskeys, maxPasskeys, removePasskey } from './queries.ts';

const home = '/account/passkeys';
const maxNameLength = 60;
const missing = 'Please give it a name.';
const newForm = z.object({
  name: plainText(missing)
    .trim()
    .refine((name) => !isBlank(name), missing)
    .refine(
      (name) => countCharacters(name) <= maxNameLength,
      `A name has at most ${maxNameLength} characters.`,
    ),
  credential: z.string().optional(),
});

export function passkeyRoutes(ctx: MailboxContext): Router {
  const { pool } = ctx;
  const router = Router();
  router.use(home, requireConfirmed(home));

  const show = async (req: Request, res: Response, form: Form): Promise<void> => {
    const user = signedIn(req);
    const passkeys = await listPasskeys(pool, user.id);
    const question = creationOptions(
      ctx,
      user,
      passkeys.map(({ credential }) => credential),
    );
    res.render('accounts/passkeys/passkeys', { form, passkeys, question, most: maxPasskeys });
  };

  router
    .route(home)
    .get((req, res) => show(req, res, blankForm({ name: titleOf(agentOf(req)) })))
    .post(async (req, res) => {
      const form = parseForm(newForm, req.body);
      if (!form.ok) return show(req, res.status(422), form);
      const { id } = signedIn(req);
      const answer = readNewPasskey(form.values.credential);
      const passkey = answer && (await verifyRegistration(ctx, id, answer));
      if (!passkey) return show(req, res.status(422), rejectField(form, '', notMade));
      const { name } = form.values;
      const isAdded = await changeAccount(
        ctx,
        req,
        'passkey added',
        (db) => addPasskey(db, id, name, passkey),
        `A passkey, “${name}”, was added`,
      );
      if (!isAdded) return show(req, res.status(422), rejectField(form, '', notAdded));
      await flashChange(ctx, req, res, `${passkey.isUnlocked ? instead : after} “${name}”.`);
      res.redirect(303, home);
    })
    .all(allowOnly('GET', 'POST'));

  router
    .route(`${home}/:id/remove`)
    .post(async (req, res) => {
      const passkey = z.uuid().safeParse(req.params.id);
      const name =
        passkey.success &&
        (await changeAccount(
          ctx,
          req,
          'passkey removed',
          (db) => removePasskey(db, signedIn(req).id, passkey.data),
          (removed) => `Your passkey “${removed}” was removed`,
        ));
      if (!name) throw new HttpError(404, 'There is no such passkey. Perhaps it was removed already.');
      await flashChange(
        ctx,
        req,
        res,
        'This passkey can no longer be used to log in. Remove it from its device as well.',
      );
      res.redirect(303, home);
    })
    .all(allowOnly('POST'));
  return router;
}

const instead = 'You can now log in without your password, with';
const after = 'It does not ask for fingerprint, face or PIN, so it only works after the password:';
const notMade =
  'No passkey was created. Please try again in a browser that supports passkeys, with JavaScript on.';
const notAdded = `You have this passkey already, or you have ${maxPasskeys} passkeys, the maximum.`;

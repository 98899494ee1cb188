// Who may write to the inbox: GET and POST /account/first-contact.
import { Router } from 'express';
import { z } from 'zod';
import { signedIn } from '../../sessions/session.ts';
import type { WebContext } from '../../web/context.ts';
import { allowOnly } from '../../web/errors.ts';
import { flash } from '../../web/flash.ts';
import { blankForm, parseForm } from '../../web/forms.ts';
import { defaultFirstContact, firstContacts } from './first-contact.ts';
import { findFirstContact, setFirstContact } from './queries.ts';

const asTheSite = 'default';
const choice = z.object({
  firstContact: z.enum([asTheSite, ...firstContacts], 'Please choose one of these.'),
});

export function firstContactRoutes(ctx: WebContext): Router {
  const { pool } = ctx;
  const router = Router();
  router
    .route('/account/first-contact')
    .get(async (req, res) => {
      const firstContact = (await findFirstContact(pool, signedIn(req).id)) ?? asTheSite;
      const form = blankForm({ firstContact });
      res.render('mailbox/contacts/first-contact', { form, ofSite: defaultFirstContact(ctx) });
    })
    .post(async (req, res) => {
      const form = parseForm(choice, req.body);
      if (!form.ok)
        return res
          .status(422)
          .render('mailbox/contacts/first-contact', { form, ofSite: defaultFirstContact(ctx) });
      const { firstContact } = form.values;
      await setFirstContact(pool, signedIn(req).id, firstContact === asTheSite ? null : firstContact);
      flash(ctx, res, { line: 'Saved. This holds for messages that arrive from now on.' });
      res.redirect(303, '/account');
    })
    .all(allowOnly('GET', 'POST'));
  return router;
}

// The user's recovery codes: how many are left, making new ones, postponing the offer.
import { Router } from 'express';
import { z } from 'zod';
import { changeAccount } from '../changes.ts';
import { requireConfirmed } from '../confirm-password.ts';
import type { MailboxContext } from '../../mailbox/context.ts';
import { allowOnly, HttpError } from '../../web/errors.ts';
import { flash } from '../../web/flash.ts';
import { changeSession, saveSession, signedIn } from '../../sessions/session.ts';
import { codesAtOnce, hashCode, newCodes } from './codes.ts';
import { findCodesLeft, replaceCodes } from './queries.ts';

const page = '/account/recovery-codes';
const shownCodes = z.object({
  codes: z
    .string()
    .regex(new RegExp(`^([0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){6}( |$)){${codesAtOnce}}$`)),
});

export function recoveryRoutes(ctx: MailboxContext): Router {
  const { pool, encryption } = ctx;
  const router = Router();
  router
    .route(page)
    .get(requireConfirmed(page), async (req, res) => {
      const left = await findCodesLeft(pool, signedIn(req).id);
      res.render('accounts/recovery/recovery', { left });
    })
    .post(requireConfirmed(page), async (req, res) => {
      // Rendered in this response: only hashes are stored, so no other page could show them.
      const codes = newCodes();
      const { id } = signedIn(req);
      await changeAccount(
        ctx,
        req,
        'recovery codes',
        (db) =>
          replaceCodes(
            db,
            id,
            codes.map((code) => hashCode(encryption, code)),
          ),
        'New recovery codes were made',
      );
      changeSession(req, { offersCodes: undefined });
      res.render('accounts/recovery/codes', { codes });
    })
    .all(allowOnly('GET', 'POST'));

  router
    .route(`${page}/file`)
    .post((req, res) => {
      // The page posts its codes. Only well-formed codes are echoed, never other text.
      const shown = shownCodes.safeParse(req.body);
      if (!shown.success) throw new HttpError(422, 'This form was incomplete. Please make new codes.');
      res.attachment('recovery-codes.txt').type('text/plain; charset=utf-8');
      res.send(codesFile(signedIn(req).username, req.get('Host') ?? '', shown.data.codes.split(' ')));
    })
    .all(allowOnly('POST'));

  router
    .route(`${page}/later`)
    .post(async (req, res) => {
      changeSession(req, { offersCodes: undefined });
      await saveSession(req);
      flash(ctx, res, { line: 'You can make them on your account page at any time.' });
      res.redirect(303, '/inbox');
    })
    .all(allowOnly('POST'));
  return router;
}

function codesFile(username: string, site: string, codes: string[]): string {
  return `Recovery codes of ${username} at ${site}

Each works once. Without your password: on the login page, choose
"I forgot my password"; with a second factor, that takes two codes.
Without your second factor: log in with your password and choose "Use a
recovery code". Keep them in a safe place.

${codes.join('\n')}
`.replaceAll('\n', '\r\n');
}

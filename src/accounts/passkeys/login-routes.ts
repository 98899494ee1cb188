// Login with a passkey instead of the password: POST /login/passkey.
import { Router } from 'express';
import { disabledAccount, logFailedLogin, signIn } from '../sign-in.ts';
import { showLogin } from '../routes.ts';
import { keepPreservedMessage } from '../../mailbox/compose/refused-message.ts';
import type { MailboxContext } from '../../mailbox/context.ts';
import { asOwner } from '../../database/owner.ts';
import { idOfBytes } from '../../ids.ts';
import { consumeByAddress } from '../../web/address-limits.ts';
import type { WebContext } from '../../web/context.ts';
import { guardAnonymousForms } from '../../web/csrf.ts';
import { allowOnly } from '../../web/errors.ts';
import { blankForm, preserveInput, rejectField, typedIn } from '../../web/forms.ts';
import { localPath } from '../../web/local-path.ts';
import { readUse, type UseAnswer } from './answers.ts';
import { verifyAuthentication } from './ceremonies.ts';
import { findPasskey, type KnownPasskey } from './queries.ts';

/** The challenge's purpose on the login page, where the user is not known yet. */
export const signingIn = 'sign in';

export function passkeyLoginRoutes(ctx: MailboxContext): Router {
  const router = Router();
  router
    .route('/login/passkey')
    .all(preserveInput(showLogin), guardAnonymousForms(ctx))
    .get((req, res) => res.redirect(303, '/login'))
    .post(async (req, res) => {
      // Nobody guesses a passkey; this bounds the work that forged ones cause.
      const refund = await consumeByAddress(ctx, req, 'passkeys', 5 * ctx.config.loginsPerMinute, 60);
      const typed = typedIn(req.body);
      const passkey = await findUsed(ctx, readUse(typed.credential));
      if (!passkey) {
        logFailedLogin(ctx, req, 'passkey', undefined);
        return showLogin(req, res.status(422), rejectField(blankForm(typed), '', refused));
      }
      await refund();
      const { account } = passkey;
      if (account.isDisabled) throw disabledAccount(ctx, req, 'passkey', account.id);
      const startPage = await signIn(ctx, req, res, account, 'passkey');
      const draft = await keepPreservedMessage(ctx, account, req.body);
      res.redirect(303, draft ?? localPath(typed.next) ?? startPage);
    })
    .all(allowOnly('GET', 'POST'));
  return router;
}

/** The passkey, if the response is valid and its user was verified. */
async function findUsed(ctx: WebContext, answer: UseAnswer | undefined): Promise<KnownPasskey | undefined> {
  const owner = Buffer.from(answer?.response.userHandle ?? '', 'base64url');
  if (!answer || owner.length !== 16) return undefined;
  const claimed = idOfBytes(owner);
  return asOwner(claimed, async () => {
    const passkey = await findPasskey(ctx.pool, claimed, answer.id);
    const isRight = passkey && (await verifyAuthentication(ctx, signingIn, answer, passkey, true));
    return isRight ? passkey : undefined;
  });
}

const refused =
  'This passkey was not accepted: it is unknown here, the page was open for too long, or it was used without ' +
  'fingerprint, face or PIN. Please try again, or log in with your password.';

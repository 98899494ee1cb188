// Login with a passkey instead of the password: POST /login/passkey.
import { Router } from 'express';
import { disabledAccount } from '../sign-in.ts';
import { showLogin, type SignInParts } from '../routes.ts';
import type { KeepPreservedMessage } from '../../mailbox/compose/refused-message.ts';
import { asOwner } from '../../database/owner.ts';
import { idOfBytes } from '../../ids.ts';
import { guardAnonymousForms } from '../../web/csrf.ts';
import { allowOnly } from '../../web/errors.ts';
import { blankForm, preserveInput, rejectField, typedIn } from '../../web/forms.ts';
import { localPath } from '../../web/local-path.ts';
import { createAddressLimit } from '../../web/rate-limits.ts';
import { readUse, type UseAnswer } from './answers.ts';
import type { Ceremonies } from './ceremonies.ts';
import { findPasskey, type KnownPasskey } from './queries.ts';

/** The challenge's purpose on the login page, where the user is not known yet. */
export const signingIn = 'sign in';

interface Parts extends Pick<SignInParts, 'pool' | 'config' | 'signIn'> {
  keepPreservedMessage: KeepPreservedMessage;
  ceremonies: Ceremonies;
}

export function passkeyLogin({ pool, config, signIn, keepPreservedMessage, ceremonies }: Parts): Router {
  // Nobody guesses a passkey; this bounds the work that forged ones cause.
  const attempts = createAddressLimit(pool, 'passkeys', 5 * config.loginsPerMinute, 60);
  const router = Router();

  /** The passkey, if the response is valid and its user was verified. */
  const findUsed = async (answer: UseAnswer | undefined): Promise<KnownPasskey | undefined> => {
    const owner = Buffer.from(answer?.response.userHandle ?? '', 'base64url');
    if (!answer || owner.length !== 16) return undefined;
    const claimed = idOfBytes(owner);
    return asOwner(claimed, async () => {
      const passkey = await findPasskey(pool, claimed, answer.id);
      const isRight = passkey && (await ceremonies.checkUse(signingIn, answer, passkey, true));
      return isRight ? passkey : undefined;
    });
  };

  router
    .route('/login/passkey')
    .all(preserveInput(showLogin), guardAnonymousForms(config))
    .get((req, res) => res.redirect(303, '/login'))
    .post(async (req, res) => {
      const refund = await attempts.consume(req);
      const typed = typedIn(req.body);
      const passkey = await findUsed(readUse(typed.credential));
      if (!passkey) return showLogin(req, res.status(422), rejectField(blankForm(typed), '', refused));
      await refund();
      const { account } = passkey;
      if (account.isDisabled) throw disabledAccount();
      await signIn(req, res, account);
      const draft = await keepPreservedMessage(account, req.body);
      res.redirect(303, draft ?? localPath(typed.next) ?? '/inbox');
    })
    .all(allowOnly('GET', 'POST'));
  return router;
}

const refused =
  'This passkey was not accepted: it is not known here, its page was open for too long, or it was not unlocked by a finger, a face or a PIN. Please try again, or log in with your password.';

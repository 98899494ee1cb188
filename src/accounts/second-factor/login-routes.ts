// The second step of the login: /login/second for a code from the app, /login/second/passkey for a passkey.
import { Router, type Request, type RequestHandler, type Response } from 'express';
import { z } from 'zod';
import { letterIn } from '../../mailbox/compose/message-form.ts';
import { carried } from '../../mailbox/compose/refused-message.ts';
import type { Config } from '../../config.ts';
import type { Pool } from '../../database/pool.ts';
import type { Seal } from '../../secrets/encryption.ts';
import type { KnownBrowsers } from '../devices/known-browsers.ts';
import type { Bell } from '../../mailbox/live/notifier.ts';
import { readUse } from '../passkeys/answers.ts';
import type { Ceremonies } from '../passkeys/ceremonies.ts';
import { findPasskey } from '../passkeys/queries.ts';
import { hashCode } from '../recovery/codes.ts';
import { recoverFactor } from '../recovery/recover.ts';
import { guardStrangersForms } from '../../web/csrf.ts';
import { allowOnly } from '../../web/errors.ts';
import type { Flash } from '../../web/flash.ts';
import { blankForm, keepTyped, parseForm, rejectField, typedIn, type Form } from '../../web/forms.ts';
import type { Log } from '../../web/log.ts';
import type { BegunSignIn } from './pending-login.ts';
import { createCodeTries } from './code-attempts.ts';
import { findStep, newestStep, typedCode } from './codes.ts';
import { useStep } from './queries.ts';
import { stepOf, type SecondSteps } from './two-factor-login.ts';
import { openSecret } from './secrets.ts';

const codeForm = z.object({ code: typedCode });
const missing = 'Please enter one of your codes.';
const recoveryForm = z.object({ recovery: z.string(missing).trim().min(1, missing) });

interface Parts {
  pool: Pool;
  config: Config;
  log: Log;
  seal: Seal;
  secondSteps: SecondSteps;
  ceremonies: Ceremonies;
  browsers: KnownBrowsers;
  bell: Bell;
  flash: Flash;
}

export function secondStepRoutes(parts: Parts): Router {
  const { pool, config, log, seal, secondSteps, ceremonies, browsers, bell, flash } = parts;
  const tries = createCodeTries(pool, browsers, bell);
  const router = Router();

  const show = (req: Request, res: Response, form: Form): void => {
    const { id, secret, passkeys, begun } = stepOf(req);
    const isReadable = secret !== null && openSecret(seal, id, secret) !== undefined;
    const hasCodes = secret !== null;
    const question = passkeys.length > 0 ? ceremonies.askForUse(purposeOf(begun), passkeys) : undefined;
    const letter = letterIn(req.body, carried);
    const page = { form, hasCodes, isReadable, question, next: begun.next, letter };
    // Without the person who may be signed in all the same: the token is the strangers', which Logout refuses.
    res.render('accounts/second-factor/two-factor-login', { ...page, user: undefined });
  };
  const guard: RequestHandler[] = [
    secondSteps.requirePassword,
    keepTyped(show),
    ...guardStrangersForms(config),
  ];

  router
    .route('/login/second')
    .all(guard)
    .get((req, res) => show(req, res, blankForm()))
    .post(async (req, res) => {
      // From the login page that carries a letter, its fields come along: there is no code yet.
      if (typedIn(req.body).code === undefined) return show(req, res, blankForm());
      const form = parseForm(codeForm, req.body);
      if (!form.ok) return show(req, res.status(422), form);
      const { id, secret: sealed } = stepOf(req);
      const secret = sealed ? openSecret(seal, id, sealed) : undefined;
      if (!secret) {
        if (sealed) log.error({ user: id }, 'secret.key is not the key that sealed this second factor');
        return show(req, res.status(422), form);
      }

      // Counted before the check and given back after a success, so that a thousand tries at once are counted too.
      const giveBack = await tries.spend(req, id);
      const step = findStep(secret, form.values.code);
      if (step === undefined || !(await useStep(pool, id, step, newestStep()))) {
        const wrong = step === undefined ? 'This is not the code of this moment.' : alreadyUsed;
        return show(req, res.status(422), rejectField(form, 'code', wrong));
      }
      await giveBack();
      await secondSteps.finish(req, res);
    })
    .all(allowOnly('GET', 'POST'));

  router
    .route('/login/second/passkey')
    .all(guard)
    .get((req, res) => res.redirect(303, '/login/second'))
    .post(async (req, res) => {
      const { id, begun } = stepOf(req);
      const answer = readUse(typedIn(req.body).credential);
      if (!answer) return show(req, res.status(422), rejectField(blankForm(), '', refusedPasskey));
      const giveBack = await tries.spend(req, id);
      const passkey = await findPasskey(pool, id, answer.id);
      if (!passkey || !(await ceremonies.checkUse(purposeOf(begun), answer, passkey, false)))
        return show(req, res.status(422), rejectField(blankForm(), '', refusedPasskey));
      await giveBack();
      await secondSteps.finish(req, res);
    })
    .all(allowOnly('GET', 'POST'));

  const showCode = (req: Request, res: Response, form: Form): void => {
    res.render('accounts/second-factor/recovery', { form, letter: letterIn(req.body, carried), user: undefined });
  };
  router
    .route('/login/second/recovery')
    .all([secondSteps.requirePassword, keepTyped(showCode), ...guardStrangersForms(config)])
    .get((req, res) => showCode(req, res, blankForm()))
    .post(async (req, res) => {
      // From the page before, which may carry a letter, there is no code yet.
      if (typedIn(req.body).recovery === undefined) return showCode(req, res, blankForm());
      const form = parseForm(recoveryForm, req.body);
      if (!form.ok) return showCode(req, res.status(422), form);
      const { id } = stepOf(req);
      const giveBack = await tries.spend(req, id);
      const epoch = await recoverFactor(pool, id, hashCode(seal, form.values.recovery), req);
      if (epoch === undefined) {
        const wrong = 'This is none of your codes, or it was used already.';
        return showCode(req, res.status(422), rejectField(form, 'recovery', wrong));
      }
      bell.ring([id]);
      await giveBack();
      flash(res, { line: loggedIn });
      await secondSteps.finish(req, res, { epoch, next: '/account/second-factor' });
    })
    .all(allowOnly('GET', 'POST'));
  return router;
}

const loggedIn =
  'You are logged in, and all other devices are signed out. If your app or passkey is lost, turn it off here and set up another.';

/** What the passkey is asked for: this very login. */
const purposeOf = (begun: BegunSignIn) => `second step, ${begun.key}`;

const refusedPasskey = 'This passkey was not accepted, or the page was open for too long. Please try again.';

const alreadyUsed = 'This code has been used. Please wait for the next one.';

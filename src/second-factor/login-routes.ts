// The second step of the login: /login/second for a code from the app, /login/second/passkey for a passkey.
import { Router, type Request, type RequestHandler, type Response } from 'express';
import { z } from 'zod';
import type { Pool } from '../database/pool.ts';
import type { Seal } from '../sealing.ts';
import { readUse } from '../passkeys/answers.ts';
import type { Ceremonies } from '../passkeys/ceremonies.ts';
import { findPasskey } from '../passkeys/queries.ts';
import { guardStrangersForms } from '../web/csrf.ts';
import { allowOnly } from '../web/errors.ts';
import { blankForm, keepTyped, parseForm, rejectField, typedIn, type Form } from '../web/forms.ts';
import type { Log } from '../web/log.ts';
import { createRateLimit } from '../web/rate-limits.ts';
import type { BegunSignIn } from './begun-sign-in.ts';
import { findStep, typedCode } from './codes.ts';
import { useStep } from './queries.ts';
import { stepOf, type SecondSteps } from './second-step.ts';
import { openSecret } from './secrets.ts';

const codeForm = z.object({ code: typedCode });

interface Parts {
  pool: Pool;
  isHttps: boolean;
  log: Log;
  seal: Seal;
  secondSteps: SecondSteps;
  ceremonies: Ceremonies;
}

export function secondStepRoutes({ pool, isHttps, log, seal, secondSteps, ceremonies }: Parts): Router {
  // For the person, from wherever: who has come so far knows the password. Of a million codes three are right.
  const tries = createRateLimit(pool, 'second-step', 5, 15 * 60);
  const router = Router();

  const show = (req: Request, res: Response, form: Form): void => {
    const { id, secret, passkeys, begun } = stepOf(req);
    const isReadable = secret !== null && openSecret(seal, id, secret) !== undefined;
    const hasCodes = secret !== null;
    const question = passkeys.length > 0 ? ceremonies.askForUse(purposeOf(begun), passkeys) : undefined;
    res.render('second-factor/second-step', { form, hasCodes, isReadable, question, next: begun.next });
  };
  const guard: RequestHandler[] = [
    secondSteps.requirePassword,
    keepTyped(show),
    ...guardStrangersForms(isHttps),
  ];

  router
    .route('/login/second')
    .all(guard)
    .get((req, res) => show(req, res, blankForm()))
    .post(async (req, res) => {
      const form = parseForm(codeForm, req.body);
      if (!form.ok) return show(req, res.status(422), form);
      const { id, secret: sealed } = stepOf(req);
      const secret = sealed ? openSecret(seal, id, sealed) : undefined;
      if (!secret) {
        if (sealed) log.error({ user: id }, 'secret.key is not the key that sealed this second factor');
        return show(req, res.status(422), form);
      }

      // Counted before the check and given back after a success, so that a thousand tries at once are counted too.
      await tries.spend(id);
      const step = findStep(secret, form.values.code);
      if (step === undefined || !(await useStep(pool, id, step))) {
        const wrong = step === undefined ? 'This is not the code of this moment.' : alreadyUsed;
        return show(req, res.status(422), rejectField(form, 'code', wrong));
      }
      await tries.giveBack(id);
      await secondSteps.finish(req, res);
    })
    .all(allowOnly('GET', 'POST'));

  router
    .route('/login/second/passkey')
    .all(guard)
    .get((req, res) => res.redirect(303, '/login/second'))
    .post(async (req, res) => {
      const { id, begun } = stepOf(req);
      const { credential } = typedIn(req.body);
      const answer = readUse(credential);
      const passkey = answer && (await findPasskey(pool, id, answer.id));
      if (!passkey || !(await ceremonies.checkUse(purposeOf(begun), answer, passkey, false)))
        return show(req, res.status(422), rejectField(blankForm(), '', refusedPasskey));
      await secondSteps.finish(req, res);
    })
    .all(allowOnly('GET', 'POST'));
  return router;
}

/** What the passkey is asked for: this very login. */
const purposeOf = (begun: BegunSignIn) => `second step, ${begun.key}`;

const refusedPasskey = 'This passkey was not accepted, or the page was open for too long. Please try again.';

const alreadyUsed = 'This code has been used. Please wait for the next one.';

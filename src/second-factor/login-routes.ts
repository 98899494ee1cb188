// The second step of the login: GET and POST /login/second, for a code from the app.
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import type { Pool } from '../database/pool.ts';
import type { Seal } from '../sealing.ts';
import { guardStrangersForms } from '../web/csrf.ts';
import { allowOnly } from '../web/errors.ts';
import { blankForm, keepTyped, parseForm, rejectField, type Form } from '../web/forms.ts';
import type { Log } from '../web/log.ts';
import { createRateLimit } from '../web/rate-limits.ts';
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
}

export function secondStepRoutes({ pool, isHttps, log, seal, secondSteps }: Parts): Router {
  // For the person, from wherever: who has come so far knows the password. Of a million codes three are right.
  const tries = createRateLimit(pool, 'second-step', 5, 15 * 60);
  const router = Router();

  const show = (req: Request, res: Response, form: Form): void => {
    const { id, secret, hasPasskeys, begun } = stepOf(req);
    const isReadable = secret !== null && openSecret(seal, id, secret) !== undefined;
    const next = begun.next;
    res.render('second-factor/second-step', {
      form,
      hasCodes: secret !== null,
      isReadable,
      hasPasskeys,
      next,
    });
  };

  router
    .route('/login/second')
    .all(secondSteps.requirePassword, keepTyped(show), guardStrangersForms(isHttps))
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
  return router;
}

const alreadyUsed = 'This code has been used. Please wait for the next one.';

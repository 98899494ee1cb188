// The second factor of the own account: codes from an app, set up, turned off; and whether a passkey is asked for.
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import type { Proof } from '../accounts/proof.ts';
import type { Config } from '../config.ts';
import type { Pool } from '../database/pool.ts';
import type { Seal } from '../sealing.ts';
import { allowOnly } from '../web/errors.ts';
import type { Flash } from '../web/flash.ts';
import { blankForm, parseForm, rejectField, typedIn, type Form } from '../web/forms.ts';
import { signedIn } from '../web/session.ts';
import { describeSecret, findStep, newSecret, typedCode } from './codes.ts';
import { drawQrCode } from './qr-code.ts';
import { askForPasskey, beginTotp, confirmTotp, findBegunTotp, findFactors, turnTotpOff } from './queries.ts';
import { openSecret, sealSecret } from './secrets.ts';

const codeForm = z.object({ code: typedCode });
const home = '/account/second-factor';

interface Parts {
  pool: Pool;
  config: Config;
  proof: Proof;
  seal: Seal;
  flash: Flash;
}

export function secondFactorRoutes({ pool, config, proof, seal, flash }: Parts): Router {
  const site = new URL(config.publicUrl).hostname;
  const router = Router();
  router.use(home, proof.require(home));

  router
    .route(home)
    .get(async (req, res) => {
      res.render('second-factor/second-factor', await findFactors(pool, signedIn(req).id));
    })
    .post(async (req, res) => {
      const { id } = signedIn(req);
      await beginTotp(pool, id, sealSecret(seal, id, newSecret()));
      res.redirect(303, `${home}/set-up`);
    })
    .all(allowOnly('GET', 'POST'));

  /** The secret that this person is taking over into an app. */
  const findBegun = async (userId: string): Promise<Buffer | undefined> => {
    const sealed = await findBegunTotp(pool, userId);
    return sealed && openSecret(seal, userId, sealed);
  };
  const showSetUp = (req: Request, res: Response, form: Form, secret: Buffer): void => {
    const enrolment = describeSecret(secret, signedIn(req).username, site);
    res.render('second-factor/set-up', { form, enrolment, qrCode: drawQrCode(enrolment.address) });
  };

  router
    .route(`${home}/set-up`)
    .get(async (req, res) => {
      const secret = await findBegun(signedIn(req).id);
      if (!secret) return res.redirect(303, home);
      showSetUp(req, res, blankForm(), secret);
    })
    .post(async (req, res) => {
      const { id } = signedIn(req);
      const secret = await findBegun(id);
      if (!secret) return res.redirect(303, home);
      const form = parseForm(codeForm, req.body);
      if (!form.ok) return showSetUp(req, res.status(422), form, secret);
      const step = findStep(secret, form.values.code);
      if (step === undefined) {
        const wrong = rejectField(form, 'code', 'This is not the code of this moment. Is the clock right?');
        return showSetUp(req, res.status(422), wrong, secret);
      }
      if (await confirmTotp(pool, id, step))
        flash(res, { line: 'From now on a code is asked for after your password.' });
      res.redirect(303, home);
    })
    .all(allowOnly('GET', 'POST'));

  router
    .route(`${home}/off`)
    .get(async (req, res) => {
      const { codesSince } = await findFactors(pool, signedIn(req).id);
      if (!codesSince) return res.redirect(303, home);
      res.render('second-factor/off');
    })
    .post(async (req, res) => {
      await turnTotpOff(pool, signedIn(req).id);
      flash(res, { line: 'No code is asked for any more.' });
      res.redirect(303, home);
    })
    .all(allowOnly('GET', 'POST'));

  router
    .route(`${home}/passkey`)
    .post(async (req, res) => {
      const isAskedFor = typedIn(req.body).ask === 'yes';
      if (await askForPasskey(pool, signedIn(req).id, isAskedFor)) {
        const now = isAskedFor
          ? 'a passkey is asked for after your password.'
          : 'your password needs no passkey.';
        flash(res, { line: `From now on ${now}` });
      }
      res.redirect(303, home);
    })
    .all(allowOnly('POST'));
  return router;
}

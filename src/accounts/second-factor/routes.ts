// Second-factor settings: turns TOTP on and off, and chooses whether login asks for a passkey.
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { changeAccount } from '../changes.ts';
import { requireConfirmed } from '../confirm-password.ts';
import type { MailboxContext } from '../../mailbox/context.ts';
import { flashChange } from '../devices/flash-change.ts';
import { allowOnly } from '../../web/errors.ts';
import { blankForm, parseForm, rejectField, typedIn, type Form } from '../../web/forms.ts';
import { encryptedCookie } from '../../web/encrypted-cookie.ts';
import { signedIn } from '../../sessions/session.ts';
import { describeSecret, findStep, newSecret, typedCode } from './codes.ts';
import { drawQrCode } from './qr-code.ts';
import { askForPasskey, findFactors, turnTotpOff, turnTotpOn } from './queries.ts';
import { isRequired } from './require-factor.ts';
import { encryptSecret } from './secrets.ts';

const codeForm = z.object({ code: typedCode });
const home = '/account/second-factor';

// In a cookie of this browser until it is confirmed: an earlier intruder in the account has not seen it.
const pendingSecret = encryptedCookie(
  'enrolment',
  z.object({ userId: z.string(), secret: z.base64url() }),
  60 * 60 * 1000,
);

export function secondFactorRoutes(ctx: MailboxContext): Router {
  const { config, pool, encryption } = ctx;
  const host = new URL(config.publicUrl).hostname;
  const findPending = (req: Request): Buffer | undefined => {
    const found = pendingSecret.read(ctx, req);
    return found?.userId === signedIn(req).id ? Buffer.from(found.secret, 'base64url') : undefined;
  };

  const router = Router();
  router.use(home, requireConfirmed(home));

  router
    .route(home)
    .get(async (req, res) => {
      const viewer = signedIn(req);
      const factors = await findFactors(pool, viewer.id);
      res.render('accounts/second-factor/second-factor', {
        ...factors,
        isRequired: isRequired(config, viewer),
      });
    })
    .post(async (req, res) => {
      const { codesSince } = await findFactors(pool, signedIn(req).id);
      if (codesSince) return res.redirect(303, home);
      // A pending secret is kept: it may be in the user's app already.
      if (!findPending(req)) {
        pendingSecret.write(ctx, res, {
          userId: signedIn(req).id,
          secret: newSecret().toString('base64url'),
        });
      }
      res.redirect(303, `${home}/set-up`);
    })
    .all(allowOnly('GET', 'POST'));

  const showSetUp = (req: Request, res: Response, form: Form, secret: Buffer): void => {
    const enrolment = describeSecret(secret, signedIn(req).username, host, ctx.site);
    res.render('accounts/second-factor/set-up', { form, enrolment, qrCode: drawQrCode(enrolment.address) });
  };

  router
    .route(`${home}/set-up`)
    .get((req, res) => {
      const secret = findPending(req);
      if (!secret) return res.redirect(303, home);
      showSetUp(req, res, blankForm(), secret);
    })
    .post(async (req, res) => {
      const { id } = signedIn(req);
      const secret = findPending(req);
      if (!secret) return res.redirect(303, home);
      const form = parseForm(codeForm, req.body);
      if (!form.ok) return showSetUp(req, res.status(422), form, secret);
      const step = findStep(secret, form.values.code);
      if (step === undefined) {
        const wrong = rejectField(form, 'code', 'This is not the current code. Is your clock right?');
        return showSetUp(req, res.status(422), wrong, secret);
      }
      const isOn = await changeAccount(
        ctx,
        req,
        'codes on',
        (db) => turnTotpOn(db, id, encryptSecret(encryption, id, secret), step),
        'Codes from an app were turned on as your second factor',
      );
      pendingSecret.clear(ctx, res);
      if (isOn) await flashChange(ctx, req, res, 'From now on, login asks for a code after your password.');
      res.redirect(303, home);
    })
    .all(allowOnly('GET', 'POST'));

  router
    .route(`${home}/off`)
    .get(async (req, res) => {
      const { codesSince } = await findFactors(pool, signedIn(req).id);
      if (!codesSince) return res.redirect(303, home);
      res.render('accounts/second-factor/off');
    })
    .post(async (req, res) => {
      await changeAccount(
        ctx,
        req,
        'codes off',
        (db) => turnTotpOff(db, signedIn(req).id),
        'Codes from an app were turned off as your second factor',
      );
      await flashChange(ctx, req, res, 'Login no longer asks for a code.');
      res.redirect(303, home);
    })
    .all(allowOnly('GET', 'POST'));

  router
    .route(`${home}/passkey`)
    .post(async (req, res) => {
      const isAskedFor = typedIn(req.body).ask === 'yes';
      const now = isAskedFor
        ? 'login asks for a passkey after your password'
        : 'login asks for no passkey after your password';
      const isNew = await changeAccount(
        ctx,
        req,
        isAskedFor ? 'passkey asked for' : 'passkey not asked for',
        (db) => askForPasskey(db, signedIn(req).id, isAskedFor),
        `A setting was changed: ${now},`,
      );
      if (isNew) await flashChange(ctx, req, res, `From now on, ${now}.`);
      res.redirect(303, home);
    })
    .all(allowOnly('POST'));
  return router;
}

// Dangerous steps ask for the password again, unless it was given in the last fifteen minutes.
import { Router, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { z } from 'zod';
import type { Config } from '../config.ts';
import type { Pool } from '../database/pool.ts';
import { allowOnly } from '../web/errors.ts';
import { blankForm, parseForm, rejectField, type Form } from '../web/forms.ts';
import { localPath } from '../web/local-path.ts';
import { createRateLimit } from '../web/rate-limits.ts';
import { renewSessionId, signedIn } from '../sessions/session.ts';
import { typedPassword, type Passwords } from './passwords.ts';
import { findOwnAccount, type Account } from './queries.ts';
import { verifyPassword } from './verify-password.ts';

const validForMs = 15 * 60 * 1000;
const proofForm = z.object({ password: typedPassword, next: z.string().optional() });

export interface Proof {
  /** For the routes of a dangerous step: lets pass whoever proved lately who they are, and sends others to do so. */
  require(page: string): RequestHandler;
  /**
   * The account of who is signed in if this is its password, else undefined; the session has a new id then. So many wrong
   * ones a minute.
   */
  check(req: Request, password: string): Promise<Account | undefined>;
  routes: Router;
}

export function createProof(pool: Pool, config: Config, passwords: Passwords): Proof {
  const tries = createRateLimit(pool, 'proofs', config.loginsPerMinute, 60);

  const check = async (req: Request, password: string): Promise<Account | undefined> => {
    const { id } = signedIn(req);
    const giveBack = await tries.spend(id);
    const account = await verifyPassword(pool, passwords, await findOwnAccount(pool, id), password);
    if (!account) return undefined;
    await giveBack();
    await renewSessionId(pool, req);
    req.session.provenAt = Date.now();
    return account;
  };

  const routes = Router();
  routes
    .route('/account/proof')
    .get((req, res) => {
      const next = localPath(req.query.next);
      showProof(res, blankForm(next ? { next } : {}));
    })
    .post(async (req, res) => {
      const form = parseForm(proofForm, req.body);
      if (!form.ok) return showProof(res.status(422), form);
      if (!(await check(req, form.values.password)))
        return showProof(res.status(422), rejectField(form, 'password', 'This is not your password.'));
      res.redirect(303, localPath(form.values.next) ?? '/account');
    })
    .all(allowOnly('GET', 'POST'));

  return { require: requireProof, check, routes };
}

/** Whether the person has proved lately who they are. */
export function isProven(req: Request): boolean {
  return Date.now() - (req.session.provenAt ?? 0) < validForMs;
}

function requireProof(page: string): RequestHandler {
  return (req: Request, res: Response, next: NextFunction): void => {
    if (isProven(req)) return next();
    res.redirect(303, `/account/proof?next=${encodeURIComponent(page)}`);
  };
}

function showProof(res: Response, form: Form): void {
  res.render('accounts/confirm-password', { form });
}

// The second step of the login: who has begun it, and how it ends.
import type { NextFunction, Request, Response } from 'express';
import { showLogin } from '../routes.ts';
import type { SignIn } from '../sign-in.ts';
import { letterIn } from '../../mailbox/compose/message-form.ts';
import { carried, type KeepCarriedLetter } from '../../mailbox/compose/refused-message.ts';
import type { Config } from '../../config.ts';
import { becomeOwner } from '../../database/owner.ts';
import type { Pool } from '../../database/pool.ts';
import { strangersToken } from '../../web/csrf.ts';
import type { Flash } from '../../web/flash.ts';
import { blankForm, rejectField } from '../../web/forms.ts';
import { isUsed, useOnce } from '../../secrets/nonces.ts';
import type { BegunSignIn, BegunSignIns } from './pending-login.ts';
import { findSecondStep, type SecondStep } from './queries.ts';

export type OpenStep = SecondStep & { begun: BegunSignIn };

interface Parts {
  pool: Pool;
  config: Config;
  signIn: SignIn;
  keepCarriedLetter: KeepCarriedLetter;
  begunSignIns: BegunSignIns;
  flash: Flash;
}

export function openSecondSteps(parts: Parts) {
  const { pool, config, signIn, keepCarriedLetter, begunSignIns, flash } = parts;
  const lendToken = strangersToken(config);

  const startOver = (req: Request, res: Response): void => {
    begunSignIns.forget(res);
    if (hasLetter(req)) {
      lendToken(req, res);
      return showLogin(req, res.status(422), rejectField(blankForm(), '', onceMore));
    }
    flash(res, { line: onceMore });
    res.redirect(303, '/login');
  };

  /** Lets pass whoever has given the right password lately, also as somebody else; others begin with that. */
  const requirePassword = async (req: Request, res: Response, next: NextFunction): Promise<void> => {
    const begun = begunSignIns.read(req);
    if (!begun && req.user && !hasLetter(req)) return res.redirect(303, '/inbox');
    if (!begun || (await isUsed(pool, begun.key))) return startOver(req, res);
    becomeOwner(begun.id);
    const step = await findSecondStep(pool, begun.id, begun.epoch);
    if (!step) return startOver(req, res);
    req.secondStep = { ...step, begun };
    next();
  };

  /** Signs in, unless this very login has signed somebody in already. */
  const finish = async (
    req: Request,
    res: Response,
    { epoch, next }: { epoch: number; next: string } = nextOf(req),
  ): Promise<void> => {
    const { begun, id, username } = stepOf(req);
    if (!(await useOnce(pool, begun.key))) return startOver(req, res);
    await signIn(req, res, { id, epoch });
    begunSignIns.forget(res);
    const letter = await keepCarriedLetter({ id, username }, req.body);
    res.redirect(303, letter ?? next);
  };
  return { requirePassword, finish };
}

const nextOf = (req: Request) => ({ epoch: stepOf(req).epoch, next: stepOf(req).begun.next });

const onceMore = 'That took too long, or something has changed. Please log in once more.';

/** Whether the form carries what somebody wrote when their session ended. */
function hasLetter(req: Request): boolean {
  return letterIn(req.body, carried) !== undefined;
}

export type SecondSteps = ReturnType<typeof openSecondSteps>;

/** The step of a request that has passed requirePassword. */
export function stepOf(req: Request): OpenStep {
  if (!req.secondStep) throw new Error('This route is not behind requirePassword.');
  return req.secondStep;
}

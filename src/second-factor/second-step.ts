// The second step of the login: who has begun it, and how it ends.
import type { NextFunction, Request, Response } from 'express';
import type { SignIn } from '../accounts/sign-in.ts';
import type { Pool } from '../database/pool.ts';
import type { Flash } from '../web/flash.ts';
import { isUsed, useOnce } from '../web/used-once.ts';
import type { BegunSignIn, BegunSignIns } from './begun-sign-in.ts';
import { findSecondStep, type SecondStep } from './queries.ts';

export type OpenStep = SecondStep & { begun: BegunSignIn };

export function openSecondSteps(pool: Pool, signIn: SignIn, begunSignIns: BegunSignIns, flash: Flash) {
  const startOver = (res: Response): void => {
    begunSignIns.forget(res);
    flash(res, { line: 'That took too long, or something has changed. Please log in once more.' });
    res.redirect(303, '/login');
  };

  /** Lets pass whoever has given the right password lately; others begin with that. */
  const requirePassword = async (req: Request, res: Response, next: NextFunction): Promise<void> => {
    if (req.user) return res.redirect(303, '/inbox');
    const begun = begunSignIns.read(req);
    if (!begun || (await isUsed(pool, begun.key))) return startOver(res);
    const step = await findSecondStep(pool, begun.id, begun.epoch);
    if (!step) return startOver(res);
    req.secondStep = { ...step, begun };
    next();
  };

  /** Signs in, unless this very login has signed somebody in already. */
  const finish = async (req: Request, res: Response): Promise<void> => {
    const { begun, id, epoch } = stepOf(req);
    if (!(await useOnce(pool, begun.key))) return startOver(res);
    await signIn(req, res, { id, epoch });
    begunSignIns.forget(res);
    res.redirect(303, begun.next);
  };
  return { requirePassword, finish };
}

export type SecondSteps = ReturnType<typeof openSecondSteps>;

/** The step of a request that has passed requirePassword. */
export function stepOf(req: Request): OpenStep {
  if (!req.secondStep) throw new Error('This route is not behind requirePassword.');
  return req.secondStep;
}

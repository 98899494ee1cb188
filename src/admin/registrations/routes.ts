// Registrations that wait: GET /admin/registrations, and what an administrator decides about one.
import { Router, type NextFunction, type Request, type Response } from 'express';
import { z } from 'zod';
import type { AccountsContext } from '../../accounts/context.ts';
import { isWaiting, listWaiting } from '../../accounts/registrations/queries.ts';
import { lowestId } from '../../ids.ts';
import { askFirst, type Confirmation } from '../../web/confirmation.ts';
import { allowOnly, HttpError } from '../../web/errors.ts';
import { flash } from '../../web/flash.ts';
import { pageOnwards, rowsRead } from '../../web/paging.ts';
import { logPageAct } from '../act-log.ts';
import { approve, decline } from './decide.ts';

const page = '/admin/registrations';
const query = z.object({ after: z.uuid().default(lowestId) });

export function registrationDecisionRoutes(ctx: AccountsContext): Router {
  const { pool, site } = ctx;
  const router = Router();
  router
    .route(page)
    .get(async (req, res) => {
      const asked = query.safeParse(req.query);
      if (!asked.success) throw new HttpError(400, 'This position in the list does not exist.');
      const { after } = asked.data;
      const waiting = await listWaiting(pool, after, rowsRead);
      const { rows, next } = pageOnwards(waiting, ({ id }) => `${page}?after=${id}`);
      res.render('admin/registrations/registrations', {
        registrations: rows,
        first: after === lowestId ? undefined : page,
        next,
        isAsked: site.registration === 'approve',
        question: declineQuestion,
      });
    })
    .all(allowOnly('GET'));

  router
    .route(`${page}/:id/approve`)
    .post(async (req, res) => {
      const id = await waitingIn(req);
      await logPageAct(ctx, req, { command: 'registrations approve', userId: id });
      const username = await approve(pool, id);
      if (!username) throw gone();
      flash(ctx, res, { line: `${username} is a member now.` });
      res.redirect(303, page);
    })
    .all(allowOnly('POST'));

  router
    .route(`${page}/:id/decline`)
    .post(mustWait, askFirst(declining), async (req, res) => {
      const id = await waitingIn(req);
      await logPageAct(ctx, req, { command: 'registrations decline', userId: id });
      const username = await decline(pool, id);
      if (!username) throw gone();
      flash(ctx, res, { line: `${username} is declined, and the name is free again.` });
      res.redirect(303, page);
    })
    .all(allowOnly('POST'));

  async function mustWait(req: Request, _res: Response, next: NextFunction): Promise<void> {
    await waitingIn(req);
    next();
  }

  async function waitingIn(req: Request): Promise<string> {
    const id = z.uuid().safeParse(req.params.id);
    if (!id.success || !(await isWaiting(pool, id.data))) throw gone();
    return id.data;
  }
  return router;
}

export const declineQuestion = 'Decline this registration? The applicant reads it at the next login.';

function declining(): Confirmation {
  return { question: declineQuestion, button: 'Decline', back: page };
}

function gone(): HttpError {
  return new HttpError(404, 'This registration does not wait (any more).');
}

// The trays: GET /requests and /blocked, and what moves messages out of them.
import { Router, type Request, type Response } from 'express';
import { signedIn } from '../../sessions/session.ts';
import { backToNeighbor } from '../../web/anchors.ts';
import type { WebContext } from '../../web/context.ts';
import { allowOnly, HttpError } from '../../web/errors.ts';
import { flash } from '../../web/flash.ts';
import { readPage } from '../../web/paging.ts';
import { acceptPeople } from '../contacts/queries.ts';
import { messageId, unknownMessage } from '../opening.ts';
import { listBoxAfter, listBoxBefore, listStates } from '../queries.ts';
import { counted, selectedIds } from '../selection.ts';
import { flashTrashed } from '../trash/flash-trashed.ts';
import { trashMessages } from '../trash/queries.ts';
import { listAsking, moveBlocked, type Asking } from './queries.ts';

export function trayRoutes(ctx: WebContext): Router {
  const { pool } = ctx;
  const router = Router();

  const showTray = (tray: 'requests' | 'blocked') => async (req: Request, res: Response) => {
    const { id } = signedIn(req);
    const page = await readPage(req, {
      before: (before) => listBoxBefore(pool, id, tray, before),
      after: (after) => listBoxAfter(pool, id, tray, after),
    });
    res.render(`mailbox/trays/${tray}`, { page, here: req.originalUrl });
  };

  for (const tray of ['requests', 'blocked'] as const) {
    router.route(`/${tray}`).get(showTray(tray)).all(allowOnly('GET'));
    router
      .route(`/${tray}/selected`)
      .post(async (req, res) => {
        const ids = selectedIds(req.body?.ids);
        const act = acts[`${tray} ${req.body?.action}`];
        if (!act) throw new HttpError(422, 'Choose what to do with the messages.');
        await act(ctx, req, res, ids);
      })
      .all(allowOnly('POST'));
  }

  for (const [path, act] of [
    ['/requests/:id/accept', accept],
    ['/requests/:id/delete', trash],
    ['/blocked/:id/move', move],
  ] as const)
    router
      .route(path)
      .post(async (req, res) => {
        const id = messageId(req);
        const [state] = await listStates(pool, signedIn(req).id, [id]);
        if (!state) throw unknownMessage();
        await act(ctx, req, res, [id]);
      })
      .all(allowOnly('POST'));
  return router;
}

type Act = (ctx: WebContext, req: Request, res: Response, ids: string[]) => Promise<void>;

const acts: Record<string, Act> = {
  'requests accept': accept,
  'requests delete': trash,
  'blocked move': move,
  'blocked delete': trash,
};

async function accept(ctx: WebContext, req: Request, res: Response, ids: string[]): Promise<void> {
  const { id } = signedIn(req);
  const asking = await listAsking(ctx.pool, id, ids);
  const people = asking.map((person) => person.id);
  if (people.length > 0) await acceptPeople(ctx.pool, id, people);
  flash(ctx, res, { line: accepted(asking) });
  res.redirect(303, backToNeighbor(req, '/requests', ids));
}

function accepted(asking: Asking[]): string {
  const [first] = asking;
  if (!first) return 'Nothing to accept: it is in Requests no more.';
  const whom = asking.length === 1 ? (first.username ?? 'deleted account') : `these ${asking.length} people`;
  return `Accepted: what you get from ${whom} goes to your inbox.`;
}

async function trash(ctx: WebContext, req: Request, res: Response, ids: string[]): Promise<void> {
  const viewer = signedIn(req);
  const at = new Date();
  const trashed = await trashMessages(ctx.pool, viewer.id, ids, at);
  if (trashed.length > 0) flashTrashed(ctx, res, viewer, trashed, at);
  else flash(ctx, res, { line: 'Nothing was deleted: it is here no more.' });
  res.redirect(303, backToNeighbor(req, '/requests', ids));
}

async function move(ctx: WebContext, req: Request, res: Response, ids: string[]): Promise<void> {
  const moved = await moveBlocked(ctx.pool, signedIn(req).id, ids);
  flash(ctx, res, {
    line: counted(moved.length, 'moved to your inbox', 'Nothing was moved: it is here no more.'),
  });
  res.redirect(303, backToNeighbor(req, '/blocked', ids));
}

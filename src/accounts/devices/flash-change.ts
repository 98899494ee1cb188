// Flash message after a credential change, with a button that signs out other devices if there are any.
import type { Request, Response } from 'express';
import type { WebContext } from '../../web/context.ts';
import { flash } from '../../web/flash.ts';
import { sessionKey } from '../../sessions/queries.ts';
import { hasOtherDevices } from './queries.ts';

export async function flashChange(ctx: WebContext, req: Request, res: Response, line: string): Promise<void> {
  const endsOthers = await hasOtherDevices(ctx.pool, ...sessionKey(req.sessionID));
  flash(ctx, res, { line, endsOthers });
}

// Flash message after a credential change, with a button that signs out other devices if there are any.
import type { Request, Response } from 'express';
import type { Pool } from '../../database/pool.ts';
import type { Flash } from '../../web/flash.ts';
import { sessionKey } from '../../sessions/queries.ts';
import { hasOtherDevices } from './queries.ts';

export type FlashChange = (req: Request, res: Response, line: string) => Promise<void>;

export function createFlashChange(pool: Pool, flash: Flash): FlashChange {
  return async (req, res, line) => {
    flash(res, { line, endsOthers: await hasOtherDevices(pool, ...sessionKey(req.sessionID)) });
  };
}

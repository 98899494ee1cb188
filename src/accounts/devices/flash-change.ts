// After a change of the second factor or of passkeys: what was done, with a button that signs out all other devices.
import type { Request, Response } from 'express';
import type { Pool } from '../../database/pool.ts';
import type { Flash } from '../../web/flash.ts';
import { sessionKey } from '../../sessions/queries.ts';
import { hasOtherDevices } from './queries.ts';

/** Leaves a line for the next page; with the offer where the person is signed in elsewhere. */
export type FlashChange = (req: Request, res: Response, line: string) => Promise<void>;

export function createFlashChange(pool: Pool, flash: Flash): FlashChange {
  return async (req, res, line) => {
    flash(res, { line, endsOthers: await hasOtherDevices(pool, ...sessionKey(req.sessionID)) });
  };
}

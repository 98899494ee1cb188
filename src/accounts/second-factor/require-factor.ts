// REQUIRE_SECOND_FACTOR=all: whoever has no second factor sets one up before anything else.
import type { RequestHandler } from 'express';
import type { Config } from '../../config.ts';
import type { Pool } from '../../database/pool.ts';
import { HttpError } from '../../web/errors.ts';
import { signedIn } from '../../sessions/session.ts';
import { requiresTwoFactor } from './queries.ts';

/** What it takes to set one up, to have a way back, and to leave. Paths are matched like routes, in any case. */
const isOpen = /^\/(logout|account\/(second-factor|passkeys|confirm|recovery-codes|password))(\/|$)/i;

/**
 * Asks the database at each request, one statement more, and only where the setting says so: a factor that is turned off
 * counts at once, in all sessions. A refused form is given back with what was typed.
 */
export function requireFactor(pool: Pool, { requireSecondFactor }: Config): RequestHandler {
  return async (req, res, next) => {
    if (requireSecondFactor === 'off' || isOpen.test(req.path)) return next();
    if (await requiresTwoFactor(pool, signedIn(req).id)) return next();
    if (req.method === 'POST' || /^\/events(\/|$)/i.test(req.path)) throw new HttpError(403, missing);
    res.redirect(303, '/account/second-factor');
  };
}

const missing =
  'This server asks everybody for a second factor. Set yours up under “Your account” in another window, then try again.';

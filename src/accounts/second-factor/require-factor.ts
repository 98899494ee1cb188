// REQUIRE_SECOND_FACTOR: users (all), or administrators, without a second factor must set one up first.
import type { RequestHandler } from 'express';
import type { Config } from '../../config.ts';
import type { Viewer } from '../../sessions/viewer.ts';
import type { WebContext } from '../../web/context.ts';
import { HttpError } from '../../web/errors.ts';
import { signedIn } from '../../sessions/session.ts';
import { requiresTwoFactor } from './queries.ts';

/** Exempt: setting one up, recovery and logout. Case-insensitive, like the routes. */
const isOpen = /^\/(logout|account\/(second-factor|passkeys|confirm|recovery-codes|password))(\/|$)/i;

/** Queries on every request, so that turning a factor off takes effect immediately in all sessions. */
export function requireFactor({ config, pool }: WebContext): RequestHandler {
  return async (req, res, next) => {
    if (!isRequired(config, signedIn(req)) || isOpen.test(req.path)) return next();
    if (await requiresTwoFactor(pool, signedIn(req).id)) return next();
    if (req.method === 'POST' || /^\/events(\/|$)/i.test(req.path)) throw new HttpError(403, missing);
    res.redirect(303, '/account/second-factor');
  };
}

export function isRequired(
  { requireSecondFactor: who }: Pick<Config, 'requireSecondFactor'>,
  { isAdmin }: Pick<Viewer, 'isAdmin'>,
): boolean {
  return who === 'all' || (who === 'admins' && isAdmin);
}

const missing =
  'This server requires a second factor. Set yours up under “Your account” in another window, then try again.';

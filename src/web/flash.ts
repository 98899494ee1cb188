// A line that is shown once on the next page, carried by a signed cookie so that it costs no query.
import type { NextFunction, Request, Response } from 'express';
import { z } from 'zod';
import { cookieName, cookieOptions, type Site } from './cookies.ts';

const message = z.object({
  line: z.string(),
  /** The moment of a deletion that a button beside the line undoes. */
  undo: z.iso.datetime().optional(),
  /** A link that is shown once, on the page that this leads to. */
  link: z.string().optional(),
});

/** Leaves a line for the next page. */
export type Flash = (res: Response, shown: z.infer<typeof message>) => void;

export function openFlash(site: Site) {
  const name = cookieName(site, 'flash');
  const options = cookieOptions(site);
  const flash: Flash = (res, shown) => {
    res.cookie(name, shown, { ...options, signed: true, maxAge: 60_000 });
  };
  /** Hands the line to the page that is rendered now, and forgets it. */
  const showFlash = (req: Request, res: Response, next: NextFunction): void => {
    if (req.method === 'GET' && req.headers.cookie?.includes(name) && !isForScript(req)) {
      const shown = message.safeParse(req.signedCookies[name]);
      if (shown.success) {
        res.locals.flash = shown.data;
        res.clearCookie(name, options);
      }
    }
    next();
  };
  return { flash, showFlash };
}

/** The page's own stream of news and its look for changes are no pages: they must not take the line away. */
function isForScript(req: Request): boolean {
  return req.path === '/events' || isRefresh(req);
}

/** Whether an open page asks for itself again, to bring its list up to date (public/live.js): nobody sees the rest. */
export function isRefresh(req: Request): boolean {
  return req.get('X-Refresh') !== undefined;
}

// A line that is shown once on the next page, carried by a signed cookie so that it costs no query.
import type { NextFunction, Request, Response } from 'express';
import { z } from 'zod';
import { cookieName, cookieOptions, setSignedCookie, type Site } from './cookies.ts';
import { isReading } from './prefetch.ts';

const message = z.object({
  line: z.string(),
  /** The moment of a deletion that a button beside the line undoes. */
  undo: z.iso.datetime().optional(),
  /** Offers to sign out all other devices. */
  endsOthers: z.boolean().optional(),
  /** A link that is shown once, on the page that this leads to. */
  link: z.string().optional(),
});

/** Leaves a line for the next page. */
export type Flash = (res: Response, shown: z.infer<typeof message>) => void;

export function openFlash(site: Site) {
  const name = cookieName(site, 'flash');
  const options = cookieOptions(site);
  const flash: Flash = (res, shown) => {
    setSignedCookie(res, site, 'flash', shown, { maxAge: 60_000 });
  };
  /** Hands the line to the page that is rendered now, and forgets it; not to one that nobody looks at yet. */
  const showFlash = (req: Request, res: Response, next: NextFunction): void => {
    if (isReading(req) && req.headers.cookie?.includes(name) && !isStream(req)) {
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

/** The page's own stream of news is no page: it must not take the line away. */
function isStream(req: Request): boolean {
  return req.path === '/events';
}

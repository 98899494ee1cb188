// Flash messages: one line shown once on the next page, in a signed cookie that costs no query.
import type { NextFunction, Request, Response } from 'express';
import { z } from 'zod';
import { cookieName, cookieOptions, setSignedCookie, type Site } from './cookies.ts';
import { isReading } from './prefetch.ts';

const message = z.object({
  line: z.string(),
  undo: z.iso.datetime().optional(), // time of the deletion that the button undoes
  endsOthers: z.boolean().optional(), // offers to sign out all other devices
  link: z.string().optional(), // shown once, on the next page
});

export type Flash = (res: Response, shown: z.infer<typeof message>) => void;

export function openFlash(site: Site) {
  const name = cookieName(site, 'flash');
  const options = cookieOptions(site);
  const flash: Flash = (res, shown) => {
    setSignedCookie(res, site, 'flash', shown, { maxAge: 60_000 });
  };
  /** Consumes the flash, but not on a request that no user looks at, such as a prefetch. */
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

function isStream(req: Request): boolean {
  return req.path === '/events'; // not a page: it must not consume the flash
}

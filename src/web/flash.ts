// A line that is shown once on the next page, carried by a signed cookie so that it costs no query.
import type { NextFunction, Request, Response } from 'express';
import { cookieName, cookieOptions } from './session.ts';

/** Leaves a line for the next page. */
export type Flash = (res: Response, line: string) => void;

export function openFlash(isHttps: boolean) {
  const name = cookieName(isHttps, 'flash');
  const options = cookieOptions(isHttps);
  return {
    flash: (res: Response, line: string): void => {
      res.cookie(name, line, { ...options, signed: true, maxAge: 60_000 });
    },
    /** Hands the line to the page that is rendered now, and forgets it. */
    showFlash: (req: Request, res: Response, next: NextFunction): void => {
      const line: unknown = req.signedCookies[name];
      if (typeof line === 'string' && req.method === 'GET') {
        res.locals.flash = line;
        res.clearCookie(name, options);
      }
      next();
    },
  };
}

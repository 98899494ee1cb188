// Flash messages: one line shown once on the next page, in a signed cookie that costs no query.
import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import type { WebContext } from './context.ts';
import { isReading } from './prefetch.ts';

const message = z.object({
  line: z.string(),
  undo: z.iso.datetime().optional(), // time of the deletion that the button undoes
  endsOthers: z.boolean().optional(), // offers to sign out all other devices
  link: z.string().optional(), // shown once, on the next page
});

export function flash({ cookies }: WebContext, res: Response, shown: z.infer<typeof message>): void {
  cookies.set(res, 'flash', shown, { maxAge: 60_000 });
}

/** Consumes the flash, but not on a request that no user looks at, such as a prefetch. */
export function showFlash({ cookies }: WebContext): RequestHandler {
  const name = cookies.name('flash');
  return (req, res, next) => {
    if (isPage(req) && req.headers.cookie?.includes(name)) {
      const shown = message.safeParse(cookies.read(req, 'flash'));
      if (shown.success) {
        res.locals.flash = shown.data;
        cookies.clear(res, 'flash');
      }
    }
    next();
  };
}

/** Whether somebody will look at the answer. */
export function isPage(req: Request): boolean {
  return isReading(req) && req.path !== '/events';
}

// Asks on a page of its own before what cannot be undone, unless a script has asked (data-confirm, public/app.js).
import type { Request, RequestHandler } from 'express';
import { typedIn } from './forms.ts';
import { fieldsOf } from './repeated-form.ts';

export interface Confirmation {
  question: string;
  button: string;
  back: string; // where Cancel leads
}

/** In front of a form's route; the page repeats the form. Undefined: nothing to ask. */
export function askFirst(describe: (req: Request) => Confirmation | undefined): RequestHandler {
  return (req, res, next) => {
    const confirmation = describe(req);
    if (!confirmation || typedIn(req.body).confirmed === 'yes') return next();
    res.render('web/confirm', {
      ...confirmation,
      action: req.originalUrl,
      fields: fieldsOf(req.body, 'confirmed'),
    });
  };
}

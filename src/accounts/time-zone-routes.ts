// The account's time zone: GET and POST /account/time-zone.
import { Router } from 'express';
import { z } from 'zod';
import type { WebContext } from '../web/context.ts';
import { allowOnly } from '../web/errors.ts';
import { flash } from '../web/flash.ts';
import { blankForm, parseForm } from '../web/forms.ts';
import { signedIn } from '../sessions/session.ts';
import { isTimeZone } from '../web/time-zones.ts';
import { setTimeZone } from './queries.ts';

/** Empty: the browser's time zone. */
const timeZoneForm = z.object({
  timeZone: z
    .string('Please choose a time zone.')
    .refine((name) => name === '' || isTimeZone(name), 'Please choose a time zone from the list.'),
});

const zonesByRegion = Object.groupBy(
  Intl.supportedValuesOf('timeZone').filter((name) => name.includes('/')),
  (name) => name.slice(0, name.indexOf('/')),
);

export function timeZoneRoutes(ctx: WebContext): Router {
  const router = Router();
  router
    .route('/account/time-zone')
    .get((req, res) => {
      const form = blankForm({ timeZone: signedIn(req).timeZone ?? '' });
      res.render('accounts/time-zone', { form, zonesByRegion });
    })
    .post(async (req, res) => {
      const form = parseForm(timeZoneForm, req.body);
      if (!form.ok) return res.status(422).render('accounts/time-zone', { form, zonesByRegion });
      const { timeZone } = form.values;
      await setTimeZone(ctx.pool, signedIn(req).id, timeZone || null);
      flash(ctx, res, {
        line: timeZone ? `Days and times are in ${timeZone}.` : 'Your browser sets the time zone.',
      });
      res.redirect(303, '/account');
    })
    .all(allowOnly('GET', 'POST'));
  return router;
}

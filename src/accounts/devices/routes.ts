// Devices: lists the user's sessions (GET /account/devices) and ends them.
import { Router } from 'express';
import { z } from 'zod';
import { ownSid } from '../account-routes.ts';
import { requireConfirmed } from '../confirm-password.ts';
import type { MailboxContext } from '../../mailbox/context.ts';
import { allowOnly, HttpError } from '../../web/errors.ts';
import { flash } from '../../web/flash.ts';
import { endSessions } from '../../sessions/queries.ts';
import { signedIn } from '../../sessions/session.ts';
import { describeAgent, titleOf } from '../../web/user-agents.ts';
import { endDevice, listDevices, type DeviceRow } from './queries.ts';

const deviceForm = z.object({ device: z.string().regex(/^[\w-]{43}$/) });

export function deviceRoutes(ctx: MailboxContext): Router {
  const { pool, notifier } = ctx;
  const router = Router();
  const home = '/account/devices';
  router
    .route(home)
    .get(async (req, res) => {
      const own = ownSid(req);
      const devices = (await listDevices(pool, signedIn(req).id)).map((row) => shown(row, own));
      res.render('accounts/devices/devices', { devices });
    })
    .all(allowOnly('GET'));

  router
    .route(`${home}/end`)
    .post(requireConfirmed(home), async (req, res) => {
      const { id } = signedIn(req);
      const form = deviceForm.safeParse(req.body);
      if (!form.success || !(await endDevice(pool, id, form.data.device)))
        throw new HttpError(404, 'There is no such device. Perhaps it was logged out already.');
      notifier.notify([id]); // signs out the pages open on that device
      flash(ctx, res, { line: 'That device is logged out.' });
      res.redirect(303, home);
    })
    .all(allowOnly('POST'));

  router
    .route(`${home}/end-others`)
    .post(requireConfirmed(home), async (req, res) => {
      const { id } = signedIn(req);
      await endSessions(pool, id, ownSid(req));
      notifier.notify([id]);
      flash(ctx, res, { line: 'All other devices are logged out.' });
      res.redirect(303, home);
    })
    .all(allowOnly('POST'));
  return router;
}

function shown(row: DeviceRow, own: string) {
  return { ...row, name: titleOf(describeAgent(row.agent)), isOwn: row.sid === own };
}

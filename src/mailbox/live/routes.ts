// Live updates for open pages (server-sent events): GET /events.
import { Router } from 'express';
import { z } from 'zod';
import { asOwner } from '../../database/owner.ts';
import { highestId } from '../../ids.ts';
import { foldUsername } from '../../usernames.ts';
import { allowOnly, HttpError } from '../../web/errors.ts';
import { sessionKey } from '../../sessions/queries.ts';
import { signedIn } from '../../sessions/session.ts';
import type { MailboxContext } from '../context.ts';
import { readMailboxState } from './queries.ts';

const query = z.object({
  /** Id of the newest message that the page has shown. */
  seen: z.uuid().default(highestId),
  /** Only messages from people count as new, or only those from this person. */
  of: z.literal('people').optional(),
  with: z.string().max(100).optional(),
  page: z.string().max(40).optional(),
  /** The list that it shows, and when that was read, in milliseconds since 1970. */
  list: z.enum(['messages', 'drafts']).optional(),
  at: z.coerce.number().default(0),
});
const headers = { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' };

export function liveRoutes({ pool, streams }: MailboxContext): Router {
  const router = Router();
  router
    .route('/events')
    .head((req, res) => void res.set(headers).end())
    .get((req, res) => {
      const asked = query.safeParse(req.query);
      if (!asked.success) throw new HttpError(400, 'This address is malformed.');
      const ownerId = signedIn(req).id;
      const [, sid] = sessionKey(req.sessionID);
      const { seen, page, list, at: madeAt, of, with: other } = asked.data;
      const fresh = other === undefined ? of : { username: foldUsername(other) };
      // Also runs on a NOTIFY, outside of any request, and so sets the owner itself.
      const read = () => asOwner(ownerId, () => readMailboxState(pool, ownerId, sid, seen, fresh));
      const isOpen = streams.add({ ownerId, sid, page, list, madeAt, res, read });
      if (!isOpen) throw new HttpError(503, 'Too many pages are open at once.', 60);
      res.set(headers);
      // Random, so that not all pages reconnect in the same second after a restart.
      res.write(`retry: ${2000 + Math.floor(Math.random() * 3000)}\n\n`);
    })
    .all(allowOnly('GET'));
  return router;
}

// The list of conversations: GET /conversations.
import { Router } from 'express';
import { preloaded, preloadPage } from '../../sessions/preload.ts';
import { signedIn } from '../../sessions/session.ts';
import type { WebContext } from '../../web/context.ts';
import { allowOnly } from '../../web/errors.ts';
import { readPage } from '../../web/paging.ts';
import { listConversationsAfter, listConversationsBefore } from './queries.ts';

export const conversationsPreload = preloadPage('/conversations', listConversationsBefore);

export function conversationListRoutes({ pool }: WebContext): Router {
  const router = Router();
  router
    .route(conversationsPreload.path)
    .get(async (req, res) => {
      const { id } = signedIn(req);
      const page = await readPage(req, {
        before: async (before) =>
          preloaded(req, conversationsPreload) ?? listConversationsBefore(pool, id, before),
        after: (after) => listConversationsAfter(pool, id, after),
      });
      res.render('mailbox/conversations/conversations', { page });
    })
    .all(allowOnly('GET'));
  return router;
}

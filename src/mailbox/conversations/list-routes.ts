// The list of conversations: GET /conversations.
import { Router } from 'express';
import { z } from 'zod';
import { highestId } from '../../ids.ts';
import { preloaded, type Preload } from '../../sessions/preload.ts';
import { signedIn } from '../../sessions/session.ts';
import type { WebContext } from '../../web/context.ts';
import { allowOnly } from '../../web/errors.ts';
import { readPage } from '../../web/paging.ts';
import { listConversationsAfter, listConversationsBefore, type Conversation } from './queries.ts';

const cursor = z.uuid().default(highestId);

export const conversationsPreload: Preload<Conversation[]> = {
  path: '/conversations',
  choose: ({ query }) => {
    const before = cursor.safeParse(query.before);
    if (!before.success || query.after !== undefined) return undefined;
    return (db, ownerId) => listConversationsBefore(db, ownerId, before.data);
  },
};

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

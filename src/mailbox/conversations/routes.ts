// The conversation with one person: GET /with/:username.
import { Router } from 'express';
import { z } from 'zod';
import { now } from '../../clock.ts';
import { foldUsername, unknownUsername } from '../../usernames.ts';
import { beginFormPage } from '../compose/form-page.ts';
import { bodyLimit, newFormKey } from '../compose/message-form.ts';
import { leftInWords } from '../contacts/new-people-words.ts';
import { findNewPeople, isNear } from '../contacts/new-people.ts';
import type { Pool } from '../../database/pool.ts';
import { highestId } from '../../ids.ts';
import { splitLinks } from '../links.ts';
import { markRead } from '../unread.ts';
import type { WebContext } from '../../web/context.ts';
import { allowOnly, HttpError } from '../../web/errors.ts';
import { blankForm } from '../../web/forms.ts';
import { pageSize, rowsRead } from '../../web/paging.ts';
import { isReading } from '../../web/prefetch.ts';
import type { Viewer } from '../../sessions/viewer.ts';
import { signedIn } from '../../sessions/session.ts';
import { listConversation, type Exchange } from './queries.ts';

const query = z.object({ before: z.uuid().optional() });

export function conversationRoutes(ctx: WebContext): Router {
  const { pool } = ctx;
  const router = Router();
  router
    .route('/with/:username')
    .get(async (req, res) => {
      const viewer = signedIn(req);
      const asked = query.safeParse(req.query);
      if (!asked.success) throw new HttpError(400, 'This position in the list does not exist.');
      const { before = highestId } = asked.data;
      const username = foldUsername(req.params.username);
      const list = async () => {
        const exchange = await listConversation(pool, viewer.id, username, before, rowsRead);
        if (!exchange) throw new HttpError(404, unknownUsername);
        return exchange;
      };
      const { lines, displayName, unread, draft, ...person } = isReading(req)
        ? await readAll(pool, viewer, list)
        : await list();
      const shown = lines.slice(0, pageSize).toReversed();
      const key = draft?.id ?? newFormKey();
      const page = beginFormPage(ctx, viewer.id, key, draft?.version);
      const body = draft?.body ?? '';
      res.render('mailbox/conversations/conversation', {
        username,
        displayName,
        ...person,
        lines: shown.map((line) => ({ ...line, pieces: splitLinks(line.body) })),
        older: lines.length > pageSize ? shown[0]!.id : undefined,
        olderUnread: before === highestId ? unread : 0, // on other pages some may be newer
        isLatest: before === highestId,
        openAt: (shown.find(({ isUnread }) => isUnread) ?? shown.at(-1))?.id,
        form: blankForm({ recipient: username, body, key, page, from: `/with/${username}` }),
        bodyLimit,
        newPeople: lines.length === 0 ? await describeLimit(ctx, viewer.id, person.otherId) : undefined,
      });
    })
    .all(allowOnly('GET'));
  return router;
}

/** Where somebody is new and the limit of new people is near. */
async function describeLimit(
  { config, pool }: WebContext,
  ownerId: string,
  otherId: string,
): Promise<string | undefined> {
  if (otherId === ownerId) return undefined;
  const asking = { perDay: config.newPeoplePerDay, at: now(), otherIds: [otherId] };
  const { strangers, left } = await findNewPeople(pool, ownerId, asking);
  return strangers.length > 0 && isNear(left) ? leftInWords(left) : undefined;
}

/** Reads again until no unread mark is left: a message shown with its mark could still be unsent (openMessage). */
async function readAll(pool: Pool, viewer: Viewer, list: () => Promise<Exchange>): Promise<Exchange> {
  const marked = new Set<string>();
  for (;;) {
    const exchange = await list();
    const { lines } = exchange;
    const unread = lines.slice(0, pageSize).filter((line) => line.isUnread);
    if (unread.length === 0)
      return { ...exchange, lines: lines.map((line) => ({ ...line, isUnread: marked.has(line.id) })) };
    const ids = unread.map(({ id }) => id);
    for (const id of ids) marked.add(id);
    viewer.hasRead((await markRead(pool, viewer.id, ids)).length);
  }
}

// People: those one has written with, and the directory of members; GET /people and /people/members.
import { Router } from 'express';
import { z } from 'zod';
import { nameKey } from '../../display-names.ts';
import { foldUsername } from '../../usernames.ts';
import { timeOf } from '../../ids.ts';
import type { WebContext } from '../../web/context.ts';
import { allowOnly, HttpError } from '../../web/errors.ts';
import { pageOnwards, pageSize, readPage, rowsRead } from '../../web/paging.ts';
import { signedIn } from '../../sessions/session.ts';
import {
  findContacts,
  findMembers,
  listContactsAfter,
  listContactsBefore,
  listMembers,
  type After,
  type Contact,
  type FoundMember,
} from './queries.ts';

export const maxPartLength = 100;
const part = z.string().max(maxPartLength);
const typed = part.transform((name) => name.trim().replace(/^@+\s*/, ''));
const query = z.object({ q: typed.default(''), after: part.default(''), key: part.optional() });

export function peopleRoutes({ config, pool }: WebContext): Router {
  const hasDirectory = config.directory === 'members';
  const router = Router();

  router
    .route('/people')
    .get(async (req, res) => {
      const { id } = signedIn(req);
      const { q } = readQuery({ q: req.query.q });
      const words = nameKey(q).split(' ').filter(Boolean);
      if (words.length === 0) {
        const page = await readPage(req, {
          before: (before, limit) => listContactsBefore(pool, id, before, limit),
          after: (after, limit) => listContactsAfter(pool, id, after, limit),
        });
        return res.render('mailbox/people/people', {
          q,
          page,
          contacts: shownOf(page.rows),
          members: undefined,
          hasDirectory,
        });
      }
      const found = await findContacts(pool, id, words, words.length, pageSize);
      const members = hasDirectory ? await pageOfMembers(q, { username: '' }) : undefined;
      res.render('mailbox/people/people', {
        q,
        page: undefined,
        contacts: shownOf(found),
        members,
        hasDirectory,
      });
    })
    .all(allowOnly('GET'));

  router
    .route('/people/members')
    .get(async (req, res) => {
      if (!hasDirectory) throw new HttpError(404, 'This server has no list of members.');
      const { q, after: username, key } = readQuery(req.query);
      const members = await pageOfMembers(q, key === undefined ? { username } : { username, key });
      res.render('mailbox/people/members', { q, members, isFirst: username === '' });
    })
    .all(allowOnly('GET'));

  async function pageOfMembers(q: string, after: After) {
    const username = foldUsername(q);
    const key = nameKey(q);
    const rows: FoundMember[] =
      username === '' && key === ''
        ? (await listMembers(pool, after.username, rowsRead)).map((member) => ({ ...member, key: null }))
        : await findMembers(pool, username || key, key || username, after, rowsRead);
    return pageOnwards(rows, (last) => addressBehind(q, last));
  }

  return router;
}

function readQuery(asked: unknown) {
  const { success, data } = query.safeParse(asked);
  if (!success) throw new HttpError(400, `A name has at most ${maxPartLength} characters.`);
  return data;
}

function addressBehind(q: string, { username, key }: FoundMember): string {
  const fields = new URLSearchParams({ ...(q && { q }), after: username, ...(key !== null && { key }) });
  return `/people/members?${fields.toString()}`;
}

/** Those who are still here. */
function shownOf(contacts: Contact[]) {
  return contacts.flatMap(({ id, other, displayName }) =>
    other ? [{ username: other, displayName, writtenAt: new Date(timeOf(id)) }] : [],
  );
}

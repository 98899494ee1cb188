// Search: GET /search?q=.
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { isTakingTooLong, type Pool } from '../../database/pool.ts';
import { nameKey } from '../../display-names.ts';
import { highestId } from '../../ids.ts';
import type { WebContext } from '../../web/context.ts';
import { allowOnly, HttpError } from '../../web/errors.ts';
import { readPage } from '../../web/paging.ts';
import { createProcessRateLimit } from '../../web/rate-limits.ts';
import { signedIn } from '../../sessions/session.ts';
import { findContacts, type FoundContact } from '../people/queries.ts';
import { passageOf } from './matches.ts';
import type { Phrase } from './phrases.ts';
import { searchAfter, searchBefore, type FoundRow } from './queries.ts';
import { createSearchLimiter } from './search-limiter.ts';
import { maxSearchLength, readSearch, type Search } from './search-words.ts';

const maxPeopleFound = 5;
const maxWords = 10;
const query = z.object({ q: z.string().max(maxSearchLength).default('') });

export function searchRoutes({ config, pool }: WebContext): Router {
  const router = Router();
  const searches = createProcessRateLimit(config.searchesPerMinute, 60);
  const limit = createSearchLimiter();

  async function find(req: Request, res: Response, search: Search, q: string) {
    const { id } = signedIn(req);
    try {
      await searches.consume(id);
      return await limit(id, async () => {
        if (res.closed) throw new HttpError(503, 'Nobody waits for this search any more.');
        return findPage(pool, id, search, { q, query: req.query });
      });
    } catch (error) {
      if (error instanceof HttpError) return error;
      throw error;
    }
  }

  router
    .route('/search')
    .get(async (req, res) => {
      const asked = query.safeParse(req.query);
      if (!asked.success) throw new HttpError(400, `A search has at most ${maxSearchLength} characters.`);
      const { q } = asked.data;
      const { readersTime } = res.locals;
      const search = readSearch(q, readersTime.timeZone);
      const found = search && (await find(req, res, search, q));
      const isTooLong = found === 'too long';
      const refusal = found instanceof HttpError ? found : undefined;
      if (isTooLong) res.status(503).set('Retry-After', '5');
      if (refusal) res.status(refusal.status).set('Retry-After', String(refusal.retryAfter ?? 5));
      res.render('mailbox/search/search', {
        q,
        page: isTooLong || refusal ? undefined : found,
        isTooLong,
        refusal: refusal?.message,
        hasDays: search?.hasDays ?? false,
        here: req.originalUrl,
      });
    })
    .all(allowOnly('GET'));
  return router;
}

/** So many matches are counted, on the first page. Measured, that takes as long as the page, at most three times. */
export const maxMatchesCounted = 100;

async function findPage(pool: Pool, ownerId: string, search: Search, asked: { q: string; query: unknown }) {
  // Of the first page only.
  let first: { count?: number; people: FoundContact[] } = { people: [] };
  const address = { path: `/search?${new URLSearchParams({ q: asked.q }).toString()}`, query: asked.query };
  const phrases = search.alternatives.flat();
  try {
    const page = await readPage(address, {
      before: async (cursor, limit) => {
        if (cursor !== highestId) return searchBefore(pool, ownerId, search, cursor, limit);
        const [rows, people] = await Promise.all([
          searchBefore(pool, ownerId, search, cursor, maxMatchesCounted + 1),
          findPeople(pool, ownerId, search),
        ]);
        first = { count: rows.length, people };
        return rows.slice(0, limit);
      },
      after: (cursor, limit) => searchAfter(pool, ownerId, search, cursor, limit),
    });
    return { ...page, ...first, rows: page.rows.map((row) => withPassage(row, phrases)) };
  } catch (error) {
    if (isTakingTooLong(error)) return 'too long';
    throw error;
  }
}

/** Contacts with a name that begins with one of the words. */
async function findPeople(pool: Pool, ownerId: string, search: Search): Promise<FoundContact[]> {
  const words = search.alternatives.flat().flatMap(({ tokens }) => tokens);
  const names = [search.from, search.to, ...words].filter((word) => word !== undefined);
  const telling = names.filter((word) => word.length > 1 || /\P{ASCII}/u.test(word)).slice(0, maxWords);
  if (telling.length === 0) return [];
  return findContacts(pool, ownerId, telling.map(nameKey), 1, maxPeopleFound);
}

function withPassage({ body, ...row }: FoundRow, phrases: Phrase[]) {
  return { ...row, pieces: body === null ? undefined : passageOf(body, phrases) };
}

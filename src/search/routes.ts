// Finding: GET /search?q=.
import { Router } from 'express';
import { z } from 'zod';
import { isTakingTooLong, type Pool } from '../database/pool.ts';
import { allowOnly, HttpError } from '../web/errors.ts';
import { readPage } from '../web/paging.ts';
import { signedIn } from '../web/session.ts';
import { passageOf } from './matches.ts';
import type { Phrase } from './phrases.ts';
import { searchAfter, searchBefore, type FoundRow } from './queries.ts';
import { longestSearch, readSearch, type Search } from './search-words.ts';

const query = z.object({ q: z.string().max(longestSearch).default('') });

export function searchRoutes(pool: Pool): Router {
  const router = Router();
  router
    .route('/search')
    .get(async (req, res) => {
      const asked = query.safeParse(req.query);
      if (!asked.success) throw new HttpError(400, `A search has at most ${longestSearch} characters.`);
      const { q } = asked.data;
      const { readersTime } = res.locals;
      const search = readSearch(q, readersTime.timeZone);
      const found = search && (await findPage(pool, signedIn(req).id, search, { q, query: req.query }));
      const isTooLong = found === 'too long';
      if (isTooLong) res.status(503).set('Retry-After', '5');
      res.render('search/search', {
        q,
        page: isTooLong ? undefined : found,
        isTooLong,
        hasDays: search?.hasDays ?? false,
        here: req.originalUrl,
      });
    })
    .all(allowOnly('GET'));
  return router;
}

async function findPage(pool: Pool, ownerId: string, search: Search, asked: { q: string; query: unknown }) {
  const address = { path: `/search?${new URLSearchParams({ q: asked.q }).toString()}`, query: asked.query };
  const phrases = search.alternatives.flat();
  try {
    const page = await readPage(address, {
      before: (cursor, limit) => searchBefore(pool, ownerId, search, cursor, limit),
      after: (cursor, limit) => searchAfter(pool, ownerId, search, cursor, limit),
    });
    return { ...page, rows: page.rows.map((row) => withPassage(row, phrases)) };
  } catch (error) {
    if (isTakingTooLong(error)) return 'too long';
    throw error;
  }
}

/** Where no words were looked for, the view shows the beginning. */
function withPassage({ body, ...row }: FoundRow, phrases: Phrase[]) {
  return { ...row, pieces: body === null ? undefined : passageOf(body, phrases) };
}

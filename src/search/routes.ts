// Finding: GET /search?q=.
import { Router } from 'express';
import { z } from 'zod';
import { isTakingTooLong, type Pool } from '../database/pool.ts';
import { allowOnly, HttpError } from '../web/errors.ts';
import { readPage } from '../web/paging.ts';
import { signedIn } from '../web/session.ts';
import { splitMatches } from './matches.ts';
import { searchAfter, searchBefore } from './queries.ts';
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
      const search = readSearch(q);
      const found = search && (await findPage(pool, signedIn(req).id, search, { q, query: req.query }));
      const isTooLong = found === 'too long';
      if (isTooLong) res.status(503).set('Retry-After', '5');
      res.render('search/search', {
        q,
        page: isTooLong ? undefined : found,
        isTooLong,
        here: req.originalUrl,
      });
    })
    .all(allowOnly('GET'));
  return router;
}

async function findPage(pool: Pool, ownerId: string, search: Search, asked: { q: string; query: unknown }) {
  const address = { path: `/search?${new URLSearchParams({ q: asked.q }).toString()}`, query: asked.query };
  try {
    const page = await readPage(address, {
      before: (cursor, limit) => searchBefore(pool, ownerId, search, cursor, limit),
      after: (cursor, limit) => searchAfter(pool, ownerId, search, cursor, limit),
    });
    return { ...page, rows: page.rows.map((row) => ({ ...row, pieces: splitMatches(row.passage) })) };
  } catch (error) {
    if (isTakingTooLong(error)) return 'too long';
    throw error;
  }
}

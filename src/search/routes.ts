// Finding: GET /search?q=.
import { Router } from 'express';
import { z } from 'zod';
import type { Pool } from '../database/pool.ts';
import { highestId } from '../ids.ts';
import { allowOnly, HttpError } from '../web/errors.ts';
import { pageSize } from '../web/paging.ts';
import { signedIn } from '../web/session.ts';
import { splitMatches } from './matches.ts';
import { searchBefore } from './queries.ts';
import { readSearch } from './search-words.ts';

const longest = 300;
const query = z.object({ q: z.string().max(longest).default(''), before: z.uuid().optional() });

export function searchRoutes(pool: Pool): Router {
  const router = Router();
  router
    .route('/search')
    .get(async (req, res) => {
      const asked = query.safeParse(req.query);
      if (!asked.success) throw new HttpError(400, `A search has at most ${longest} characters.`);
      const { q, before = highestId } = asked.data;
      if (q.trim() === '')
        return res.render('search/search', { q, rows: undefined, older: undefined, here: req.originalUrl });

      const found = await searchBefore(pool, signedIn(req).id, readSearch(q), before, pageSize + 1);
      const rows = found.slice(0, pageSize).map((row) => ({ ...row, pieces: splitMatches(row.passage) }));
      const older =
        found.length > pageSize
          ? `/search?${new URLSearchParams({ q, before: rows.at(-1)!.id }).toString()}`
          : undefined;
      res.render('search/search', { q, rows, older, here: req.originalUrl });
    })
    .all(allowOnly('GET'));
  return router;
}

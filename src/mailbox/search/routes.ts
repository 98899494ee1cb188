// Search: GET /search?q=.
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { isTakingTooLong, type Pool } from '../../database/pool.ts';
import type { WebContext } from '../../web/context.ts';
import { allowOnly, HttpError } from '../../web/errors.ts';
import { readPage } from '../../web/paging.ts';
import { createProcessRateLimit } from '../../web/rate-limits.ts';
import { signedIn } from '../../sessions/session.ts';
import { passageOf } from './matches.ts';
import type { Phrase } from './phrases.ts';
import { searchAfter, searchBefore, type FoundRow } from './queries.ts';
import { createSearchLimiter } from './search-limiter.ts';
import { maxSearchLength, readSearch, type Search } from './search-words.ts';

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

function withPassage({ body, ...row }: FoundRow, phrases: Phrase[]) {
  return { ...row, pieces: body === null ? undefined : passageOf(body, phrases) };
}

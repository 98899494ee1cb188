// Preloads what a page shows in one round trip with its session.
import type { Request, RequestHandler } from 'express';
import { z } from 'zod';
import type { Database } from '../database/pool.ts';
import { highestId } from '../ids.ts';

type Find<Found> = (db: Database, ownerId: string) => Promise<Found>;

/** Declared beside the route, with its path. */
export interface Preload<Found> {
  path: string;
  /** The query for this request; undefined to preload nothing. */
  choose(req: Request): Find<Found> | undefined;
}

const cursor = z.uuid().default(highestId);

/** A page of a list; going back to newer pages is rare and not preloaded. */
export function preloadPage<Found>(
  path: string,
  listBefore: (db: Database, ownerId: string, before: string) => Promise<Found>,
): Preload<Found> {
  return {
    path,
    choose: ({ query }) => {
      const before = cursor.safeParse(query.before);
      if (!before.success || query.after !== undefined) return undefined;
      return (db, ownerId) => listBefore(db, ownerId, before.data);
    },
  };
}

/** What a request preloads; `found` once its session was found. */
export interface Preloading {
  preload: Preload<unknown>;
  find: Find<unknown>;
  found?: unknown;
}

/** Goes to the path of the preload, before the session is opened. */
export function startPreload(preload: Preload<unknown>): RequestHandler {
  return (req, _res, next) => {
    const find = preload.choose(req);
    if (find) req.preloading = { preload, find };
    next();
  };
}

export function preloaded<Found>({ preloading }: Request, preload: Preload<Found>): Found | undefined {
  return preloading?.preload === preload ? (preloading.found as Found) : undefined;
}

// Requests that come many at a time begin one after the other.
import type { RequestHandler } from 'express';
import { setImmediate } from 'node:timers/promises';

/**
 * Between two of these requests everybody else is served. Five hundred logins that arrive together would otherwise all be
 * read, checked and refused before the next page of somebody who is signed in: a tenth of a second.
 */
export function oneByOne(): RequestHandler {
  let latest: Promise<unknown> = Promise.resolve();
  return (req, res, next) => {
    const turn = latest.then(() => setImmediate());
    latest = turn;
    void turn.then(() => next());
  };
}

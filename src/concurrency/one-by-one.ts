// Requests that come many at a time begin one after the other.
import type { RequestHandler } from 'express';
import { setImmediate } from 'node:timers/promises';
import { createLimiter } from './limiter.ts';

// Whoever floods us must not keep others waiting: a line of so many is over in half a second.
const longest = 1000;

/**
 * Between two of these requests everybody else is served. Five hundred logins that arrive together would otherwise all be
 * read, checked and refused before the next page of somebody who is signed in: a tenth of a second. Beyond a thousand,
 * they begin at once, as they would without this.
 */
export function oneByOne(): RequestHandler {
  const limit = createLimiter(1, { mayWait: longest });
  return (req, res, next) => {
    const begin = () => {
      if (!req.socket.destroyed) next(); // else nobody is there any more
    };
    void limit(() => setImmediate()).then(begin, begin);
  };
}

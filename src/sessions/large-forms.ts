// Limits large forms to one at a time per user, with a rest after each, so that a flood leaves time for others.
import type { Request, RequestHandler } from 'express';
import { createKeyedLimiter } from '../concurrency/limiter.ts';
import type { WebContext } from '../web/context.ts';
import type { Cookies } from '../web/cookies.ts';
import { sessionKey } from './queries.ts';

// Bytes; ordinary forms are smaller, 100,000 characters keep the process busy for some 10 ms.
export const largeFormBytes = 20_000;
export const largeFormPatience = 20_000; // ms

/**
 * Goes before body parsing: a waiting request costs one connection, and its body is still in the browser. After
 * `patience` milliseconds it goes on, before limitSlowRequests cuts off a body that is not read.
 */
export function limitLargeForms(
  { cookies }: Pick<WebContext, 'cookies'>,
  patience = largeFormPatience,
): RequestHandler {
  const limit = createKeyedLimiter(1, { rest: (ms) => Math.min(4 * ms, 5000), patience });
  return (req, res, next) => {
    const person = isLargeForm(req) ? personOf(req, cookies) : undefined;
    if (!person) return next();
    const answer = () =>
      new Promise<void>((resolve) => {
        if (res.closed) return resolve();
        res.once('close', resolve);
        req.stillComing?.();
        next();
      });
    limit(person, answer).catch(answer);
  };
}

function isLargeForm({ method, headers }: Request): boolean {
  const length = Number(headers['content-length'] ?? Infinity);
  return method === 'POST' && length > largeFormBytes && !headers['content-type']?.startsWith('multipart/');
}

function personOf(req: Request, cookies: Cookies): string | undefined {
  const session = cookies.read(req, 'session');
  return typeof session === 'string' ? sessionKey(session)[0] : undefined;
}

// Counts requests per second, so that background work can yield to them.
import type { RequestHandler } from 'express';

let second = 0;
let current = 0;
let before = 0;

/** `exceptBelow` is a path whose requests do not count. */
export function countRequests(exceptBelow: string): RequestHandler {
  return (req, _res, next) => {
    turnSecond();
    if (!req.path.startsWith(exceptBelow)) current += 1;
    next();
  };
}

export function requestsPerSecond(): number {
  turnSecond();
  return Math.max(current, before);
}

function turnSecond(): void {
  const now = Math.floor(performance.now() / 1000);
  if (now === second) return;
  before = now === second + 1 ? current : 0;
  current = 0;
  second = now;
}

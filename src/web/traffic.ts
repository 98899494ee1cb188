// How much people ask for at this moment, for work in the background that gives way to them.
import type { RequestHandler } from 'express';

let second = 0;
let current = 0;
let before = 0;

export const countRequests: RequestHandler = (_req, _res, next) => {
  turnSecond();
  current += 1;
  next();
};

/** In this process, of the last second or the one before. */
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

// Search limiter: one search at a time per user and two per process, with bounded queues.
import { createLimiter, createKeyedLimiter } from '../../concurrency/limiter.ts';
import { HttpError } from '../../web/errors.ts';

/** A phrase that many messages almost match keeps a connection and a core of the database busy for up to 2 s. */
export const maxSearches = 2;
export const maxSearchesWaiting = 20;
export const maxOwnSearchesWaiting = 3;
export const searchTimeout = 3000;

const refusals = {
  own: () =>
    new HttpError(429, 'Your other searches are not finished yet. Wait a moment and search again.', 5),
  all: () => new HttpError(503, 'Many people are searching right now. Try again in a few seconds.', 5),
};

/** Throws HttpError 429 or 503 when the queue is full or the wait too long. */
export type SearchLimiter = <T>(personId: string, work: () => Promise<T>) => Promise<T>;

/** A user who searches in many tabs takes one slot of the process, which leaves one for other users. */
export function createSearchLimiter(): SearchLimiter {
  const limitAll = createLimiter(maxSearches, {
    mayWait: maxSearchesWaiting,
    patience: searchTimeout,
    refusal: refusals.all,
  });
  const inTurnOfPerson = createKeyedLimiter(1, {
    mayWait: maxOwnSearchesWaiting,
    patience: searchTimeout,
    refusal: refusals.own,
  });
  return (personId, work) => inTurnOfPerson(personId, () => limitAll(work));
}

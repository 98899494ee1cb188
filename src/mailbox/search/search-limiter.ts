// Who may search now: a person one search after the other, the process two at a time, the others in a bounded queue.
import { createLimiter, createKeyedLimiter } from '../../concurrency/limiter.ts';
import { HttpError } from '../../web/errors.ts';

/** A phrase that many messages nearly have keeps a connection and a core of the database busy for up to 2 s. */
export const maxSearches = 2;
export const maxSearchesWaiting = 20;
export const maxOwnSearchesWaiting = 3;
export const searchTimeout = 3000;

const refusals = {
  own: () =>
    new HttpError(429, 'Your other searches are not finished yet. Wait a moment and search again.', 5),
  all: () => new HttpError(503, 'Many people are searching at this moment. Try again in a few seconds.', 5),
};

/** Does the work when it is this person's turn, or throws an HttpError. */
export type SearchLimiter = <T>(personId: string, work: () => Promise<T>) => Promise<T>;

/** Whoever searches in many windows takes one place of the process, so that another person's search finds one. */
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

// Who may search now: a person one search after the other, the process two at a time, the others in a bounded queue.
import { createTurns, createTurnsByKey } from '../../concurrency/limiter.ts';
import { HttpError } from '../../web/errors.ts';

/** A phrase that many messages nearly have keeps a connection and a core of the database busy for up to 2 s. */
export const searchesAtOnce = 2;
export const searchesWaiting = 20;
export const ownSearchesWaiting = 3;
export const searchPatience = 3000;

const refusals = {
  own: () =>
    new HttpError(429, 'Your other searches are not finished yet. Wait a moment and search again.', 5),
  all: () => new HttpError(503, 'Many people are searching at this moment. Try again in a few seconds.', 5),
};

/** Does the work when it is this person's turn, or throws an HttpError. */
export type SearchInTurn = <T>(personId: string, work: () => Promise<T>) => Promise<T>;

/** Whoever searches in many windows takes one place of the process, so that another person's search finds one. */
export function createSearchTurns(): SearchInTurn {
  const inTurnOfAll = createTurns(searchesAtOnce, {
    mayWait: searchesWaiting,
    patience: searchPatience,
    refusal: refusals.all,
  });
  const inTurnOfPerson = createTurnsByKey(1, {
    mayWait: ownSearchesWaiting,
    patience: searchPatience,
    refusal: refusals.own,
  });
  return (personId, work) => inTurnOfPerson(personId, () => inTurnOfAll(work));
}

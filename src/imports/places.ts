// Who may import at this moment, in this process: one file a person, so that nobody keeps the others from it.
import { createTurns, type InTurn } from '../turns.ts';
import { HttpError } from '../web/errors.ts';
import { Unreadable } from './unreadable.ts';

/** Files on their way in, or waiting: each may take the largest size on the disk. */
export const filesAtOnce = 20;
/** Files being read: each takes a connection to PostgreSQL and much of a core. */
export const readAtOnce = 2;

export interface Places {
  /** Does this person's import, from the first byte on; refused when there is another one of theirs, or very many. */
  take<T>(userId: string, work: () => Promise<T>): Promise<T>;
  /** Reads a file that has arrived, as soon as it is its turn. */
  inTurn: InTurn;
}

export function createPlaces(): Places {
  const people = new Set<string>();
  return {
    async take(userId, work) {
      if (people.has(userId))
        throw new Unreadable('Another file of yours is being imported. Try again when that is done.');
      if (people.size >= filesAtOnce)
        throw new HttpError(
          503,
          'Many others are importing at this moment. Try again in a minute; nothing was imported.',
          60,
        );
      people.add(userId);
      try {
        return await work();
      } finally {
        people.delete(userId);
      }
    },
    inTurn: createTurns(readAtOnce),
  };
}

// How many imports this process takes on at a time, and how many of them it reads.
import { createLimiter, type Limiter } from '../../concurrency/limiter.ts';
import { HttpError } from '../../web/errors.ts';

/** Files on their way in, or waiting: each may take the largest size on the disk. */
export const maxFiles = 20;
/** Files being read: each takes a connection to PostgreSQL and much of a core. */
export const maxReading = 2;

export interface ImportSlots {
  /** Takes a place until the returned function is called; refused when there is none left. */
  take(): () => void;
  /** Reads a file that has arrived, as soon as it is its turn. */
  limit: Limiter;
}

export function createImportSlots(): ImportSlots {
  let taken = 0;
  return {
    take() {
      if (taken >= maxFiles)
        throw new HttpError(
          503,
          'Many others are importing at this moment. Try again in a minute; nothing was imported.',
          60,
        );
      taken += 1;
      return () => void (taken -= 1);
    },
    limit: createLimiter(maxReading),
  };
}

// Concurrency limits of this process: imports accepted at a time, and files read at a time.
import { createLimiter, type Limiter } from '../../concurrency/limiter.ts';
import { HttpError } from '../../web/errors.ts';

/** Files uploading, waiting or being read; each may take the max upload size on disk. */
export const maxFiles = 20;
/** Files being read; each takes a PostgreSQL connection and much of a core. */
export const maxReading = 2;

export interface ImportSlots {
  /** Takes a slot until the returned function is called. Throws HttpError 503 when none is free. */
  take(): () => void;
  limit: Limiter;
}

export function createImportSlots(): ImportSlots {
  let taken = 0;
  return {
    take() {
      if (taken >= maxFiles)
        throw new HttpError(
          503,
          'Many imports are running right now. Try again in a minute; nothing was imported.',
          60,
        );
      taken += 1;
      return () => void (taken -= 1);
    },
    limit: createLimiter(maxReading),
  };
}

// withTimeout: waits for a promise with a limit, because a hanging server never answers.
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for the work or for this many milliseconds; the work itself continues. */
export async function withTimeout(ms: number, work: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  const limit = sleep(ms, undefined, { signal: done.signal }).catch(() => {});
  await Promise.race([work, limit]).finally(() => done.abort());
}

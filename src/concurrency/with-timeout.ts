// Waiting, but not for ever: a server that hangs never says goodbye.
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for the work, or until this many milliseconds are over; the work itself goes on. */
export async function withTimeout(ms: number, work: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  const limit = sleep(ms, undefined, { signal: done.signal }).catch(() => {});
  await Promise.race([work, limit]).finally(() => done.abort());
}

// Work in the background, again and again.
import type { Log } from '../web/log.ts';

interface Times {
  firstAfterMs?: number;
  everyMs: number; // from the end of one run to the beginning of the next
}

/** One run at a time. Failures are logged. Keeps no process alive, and closing it interrupts no run. */
export function repeat(
  log: Log,
  work: () => Promise<unknown>,
  { firstAfterMs = 60_000, everyMs }: Times,
): { close(): void } {
  let isClosed = false;
  const run = async (): Promise<void> => {
    await work().catch((error: Error) => log.error({ err: error }, 'background'));
    if (!isClosed) timer = setTimeout(() => void run(), everyMs).unref();
  };
  let timer = setTimeout(() => void run(), firstAfterMs).unref();
  return {
    close: () => {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}

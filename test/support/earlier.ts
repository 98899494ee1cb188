// Work under an earlier clock. A later one would stay: the clock of a process never goes back (src/clock.ts).
import { vi } from 'vitest';

export async function earlier<Result>(minutes: number, work: () => Promise<Result>): Promise<Result> {
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    vi.setSystemTime(Date.now() - minutes * 60_000);
    return await work();
  } finally {
    vi.useRealTimers();
  }
}

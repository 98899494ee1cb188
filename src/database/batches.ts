// Bulk changes in batches, so that no statement reaches its time limit and no page waits long.
import { countBatch } from '../concurrency/batch-counts.ts';

const batch = 500;
export const patienceMs = 6000;

export interface Progress {
  count: number;
  isDone: boolean; // false when time ran out; the user presses the button again
}

/** Repeats `step`, which returns how many rows it changed, until none are left or time is up. */
export async function inBatches(step: (limit: number) => Promise<number>): Promise<Progress> {
  const deadline = Date.now() + patienceMs;
  let count = 0;
  for (;;) {
    const done = await step(batch);
    count += done;
    countBatch('bulk changes', done);
    if (done === 0) return { count, isDone: true };
    if (Date.now() > deadline) return { count, isDone: false };
  }
}

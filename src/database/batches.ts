// Much at once in small steps: no statement runs into its time limit, and no page keeps anybody waiting for long.

const batch = 500;
const patienceMs = 6000;

export interface Progress {
  count: number;
  /** False when time ran out: the rest is for the next press of the button. */
  isDone: boolean;
}

/** Repeats a step that changes up to so many rows, until one finds nothing more to do or the time is over. */
export async function inBatches(step: (limit: number) => Promise<number>): Promise<Progress> {
  const deadline = Date.now() + patienceMs;
  let count = 0;
  for (;;) {
    const done = await step(batch);
    count += done;
    if (done === 0) return { count, isDone: true };
    if (Date.now() > deadline) return { count, isDone: false };
  }
}

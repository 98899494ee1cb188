// A line for work that is heavy: a few at once, and whoever comes beyond that waits for a place.

/** Does work as soon as it is its turn. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * `atOnce` at the same time; throws the refusal when `mayWait` others wait already, or when it was more than `patience`
 * milliseconds until the turn came.
 */
export function createTurns(
  atOnce: number,
  { mayWait = Infinity, patience = Infinity, refusal = () => new Error('Too many wait.') } = {},
): InTurn {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    const since = performance.now();
    if (running >= atOnce) {
      if (waiting.length >= mayWait) throw refusal();
      await new Promise<void>((resolve) => waiting.push(resolve)); // whoever ends hands its place on
    } else {
      running += 1;
    }
    try {
      if (performance.now() - since > patience) throw refusal();
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}

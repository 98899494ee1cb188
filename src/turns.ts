// A line for work that is heavy: a few at once, and whoever comes beyond that waits for a place.

/** Does work as soon as it is its turn. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/** `atOnce` at the same time; throws the refusal when `mayWait` others wait already. */
export function createTurns(
  atOnce: number,
  mayWait = Infinity,
  refusal = () => new Error('Too many wait.'),
): InTurn {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= atOnce) {
      if (waiting.length >= mayWait) throw refusal();
      await new Promise<void>((resolve) => waiting.push(resolve)); // whoever ends hands its place on
    } else {
      running += 1;
    }
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}

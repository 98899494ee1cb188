// A line for work that is heavy: a few at once, and whoever comes beyond that waits for a place.

/** Does work as soon as it is its turn. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

interface Options {
  mayWait?: number;
  patience?: number;
  refusal?: () => Error;
}

/**
 * `atOnce` at the same time; throws the refusal when `mayWait` others wait already, or when the turn has not come after
 * `patience` milliseconds.
 */
export function createTurns(
  atOnce: number,
  { mayWait = Infinity, patience = Infinity, refusal = () => new Error('Too many wait.') }: Options = {},
): InTurn {
  const waiting: (() => void)[] = [];
  let running = 0;

  const place = () =>
    new Promise<void>((resolve, reject) => {
      const giveUp = () => {
        waiting.splice(waiting.indexOf(enter), 1);
        reject(refusal());
      };
      const limit = patience === Infinity ? undefined : setTimeout(giveUp, patience);
      const enter = () => {
        clearTimeout(limit);
        resolve();
      };
      waiting.push(enter);
    });

  return async (work) => {
    if (running >= atOnce) {
      if (waiting.length >= mayWait) throw refusal();
      await place(); // whoever ends hands its place on
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

/** The same for each key by itself: nobody waits for work of another key. */
export function createTurnsByKey(
  atOnce: number,
  options?: Options,
): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const lines = new Map<string, { inTurn: InTurn; count: number }>();
  return async (key, work) => {
    const line = lines.get(key) ?? { inTurn: createTurns(atOnce, options), count: 0 };
    lines.set(key, line);
    line.count += 1;
    try {
      return await line.inTurn(work);
    } finally {
      line.count -= 1;
      if (line.count === 0) lines.delete(key);
    }
  };
}

// A line for work that is heavy: a few at once, and whoever comes beyond that waits for a place.

/** Does work as soon as it is its turn. */
export type Limiter = <T>(work: () => Promise<T>) => Promise<T>;

interface Options {
  mayWait?: number;
  patience?: number;
  refusal?: () => Error;
  /** After work its place stays empty for so many times as long as the work took; whoever did it does not wait for that, */
  restRatio?: number | (() => number);
  /** and no longer than so many milliseconds. */
  maxRest?: number;
  /** Hears that nobody works or waits any more. */
  onIdle?: () => void;
}

/**
 * `atOnce` at the same time; throws the refusal when `mayWait` others wait already, or when the turn has not come after
 * `patience` milliseconds.
 */
export function createLimiter(
  atOnce: number,
  {
    mayWait = Infinity,
    patience = Infinity,
    refusal = () => new Error('Too many wait.'),
    restRatio = 0,
    maxRest = Infinity,
    onIdle,
  }: Options = {},
): Limiter {
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

  const handOn = () => {
    const next = waiting.shift();
    if (next) return next();
    running -= 1;
    if (running === 0) onIdle?.();
  };

  return async (work) => {
    if (running >= atOnce) {
      if (waiting.length >= mayWait) throw refusal();
      await place(); // whoever ends hands its place on
    } else {
      running += 1;
    }
    const startedAt = performance.now();
    try {
      return await work();
    } finally {
      const ratio = typeof restRatio === 'number' ? restRatio : restRatio();
      const rest = Math.min(ratio * (performance.now() - startedAt), maxRest);
      if (rest > 0) setTimeout(handOn, rest).unref();
      else handOn();
    }
  };
}

/** The same for each key by itself: nobody waits for work of another key. */
export function createKeyedLimiter(
  atOnce: number,
  options?: Options,
): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const lines = new Map<string, Limiter>();
  return (key, work) => {
    const line = lines.get(key) ?? createLimiter(atOnce, { ...options, onIdle: () => lines.delete(key) });
    lines.set(key, line);
    return line(work);
  };
}

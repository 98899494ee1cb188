// A concurrency limiter with a bounded queue.

export type Limiter = (<T>(work: () => Promise<T>) => Promise<T>) & { waiting(): number };

interface Options {
  mayWait?: number;
  patience?: number;
  refusal?: () => Error;
  /** How long a slot stays free after work of so many milliseconds; the caller does not wait for it. */
  rest?: (workMs: number) => number;
  onIdle?: () => void;
}

/** Runs `atOnce` at a time; throws the refusal if `mayWait` others wait already, or after `patience` milliseconds. */
export function createLimiter(
  atOnce: number,
  {
    mayWait = Infinity,
    patience = Infinity,
    refusal = () => new Error('Too many wait.'),
    rest = () => 0,
    onIdle,
  }: Options = {},
): Limiter {
  const waiting: (() => void)[] = [];
  let running = 0;

  const waitForSlot = () =>
    new Promise<void>((resolve, reject) => {
      const refuse = () => {
        waiting.splice(waiting.indexOf(enter), 1);
        reject(refusal());
      };
      const limit = patience === Infinity ? undefined : setTimeout(refuse, patience);
      const enter = () => {
        clearTimeout(limit);
        resolve();
      };
      waiting.push(enter);
    });

  const release = () => {
    const next = waiting.shift();
    if (next) return next();
    running -= 1;
    if (running === 0) onIdle?.();
  };

  const limit = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= atOnce) {
      if (waiting.length >= mayWait) throw refusal();
      await waitForSlot(); // finished work hands over its slot
    } else {
      running += 1;
    }
    const startedAt = performance.now();
    try {
      return await work();
    } finally {
      const restMs = rest(performance.now() - startedAt);
      if (restMs > 0) setTimeout(release, restMs).unref();
      else release();
    }
  };
  return Object.assign(limit, { waiting: () => waiting.length });
}

export function createKeyedLimiter(
  atOnce: number,
  options?: Options,
): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const limiters = new Map<string, Limiter>();
  return (key, work) => {
    const limit =
      limiters.get(key) ?? createLimiter(atOnce, { ...options, onIdle: () => limiters.delete(key) });
    limiters.set(key, limit);
    return limit(work);
  };
}

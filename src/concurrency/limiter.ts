// A concurrency limiter with a bounded queue.

export type Limiter = <T>(work: () => Promise<T>) => Promise<T>;

interface Options {
  mayWait?: number;
  patience?: number;
  refusal?: () => Error;
  /** Keeps a slot free after work for this multiple of its duration; the caller does not wait for it. */
  restRatio?: number | (() => number);
  maxRest?: number; // milliseconds
  onIdle?: () => void;
}

/** Runs `atOnce` at a time; throws the refusal if `mayWait` others wait already, or after `patience` milliseconds. */
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
      await place(); // finished work hands over its slot
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

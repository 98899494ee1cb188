// A clock for ids and messages that never goes back, even when the system clock is set back.

export const maxAhead = 24 * 60 * 60 * 1000; // milliseconds an id may be ahead of the system clock

// Speed changes only at the end of a slice of uptime, so that all processes agree to the millisecond.
const sliceMs = 5000;
let time = Date.now();
let readAt = steady();
let isSlow = false;

/** The system time; after the system clock is set back, time runs at half speed until the clock has caught up. */
export function now(): Date {
  const present = Math.max(readAt, steady());
  const system = Date.now();
  while (readAt < present) {
    const sliceEnd = (Math.floor(readAt / sliceMs) + 1) * sliceMs;
    const until = Math.min(sliceEnd, present);
    const systemThen = system - (present - until);
    time = Math.max(time + (until - readAt) * (isSlow ? 0.5 : 1), systemThen);
    readAt = until;
    if (until === sliceEnd) isSlow = time - systemThen > 1000;
  }
  return new Date(time);
}

function steady(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000; // milliseconds since boot, the same in all processes
}

/** Reads the clock at the end of every slice: processes reading on either side of a clock change would diverge. */
function readEverySlice(): void {
  setTimeout(
    () => {
      now();
      readEverySlice();
    },
    sliceMs - (steady() % sliceMs),
  ).unref();
}
readEverySlice();

/** Continues from this moment if it is later and less than maxAhead ahead of the system clock. */
export function catchUpWith(moment: number): void {
  now();
  if (moment < Date.now() + maxAhead) time = Math.max(time, moment);
}

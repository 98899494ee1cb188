// The time of ids and messages: it never goes back, whatever is done to the system's clock.

/** The farthest that an id can be ahead of the system's clock and still count, in milliseconds. */
export const maxAhead = 24 * 60 * 60 * 1000;

const sliceMs = 5000;
let time = Date.now();
let readAt = steady();
let isSlow = false;

/**
 * The system's time; where its clock was put back, time goes on from there, at half its speed until the clock has caught
 * up: what is newer sorts after what is older, and an hour that is too much is gone after two. The processes of one
 * machine agree to the millisecond, because they all slow down at the same moments: between slices of the time since the
 * machine started.
 */
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

/** Milliseconds that nobody puts back, the same in all processes of this machine. */
function steady(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

/**
 * Reads the clock whenever a slice ends, and not some time later: processes that read it on either side of the moment at
 * which it is put back would slow down in different slices.
 */
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

/** Goes on from this moment, where that is later, and not farther ahead of the system's clock than it may be. */
export function catchUpWith(moment: number): void {
  now();
  if (moment < Date.now() + maxAhead) time = Math.max(time, moment);
}

// Promised response times.

// Beside the tests other things go on, on a machine that may have one core: there a promise may take three times as long.
const patience = process.env.VITEST ? 3 : 1;

/** What to say when something took longer than it may; nothing otherwise. */
export function unlessInTime(what: string, ms: number, withinMs: number): string[] {
  return ms > withinMs * patience ? [`${what} took ${Math.round(ms)} ms instead of ${withinMs}`] : [];
}

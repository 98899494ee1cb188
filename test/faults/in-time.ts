// Promised response times.

// Tests share the machine, which may have one core: a promise may take three times as long there.
const patience = process.env.VITEST ? 3 : 1;

/** What to say when something took longer than it may; nothing otherwise. */
export function unlessInTime(what: string, ms: number, withinMs: number): string[] {
  return ms > withinMs * patience ? [`${what} took ${Math.round(ms)} ms instead of ${withinMs}`] : [];
}

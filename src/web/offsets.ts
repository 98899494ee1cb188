// How far the clocks of a time zone are ahead of UTC. To ask Temporal takes a tenth of a millisecond, and a page has fifty
// times: what it says is kept for as long as the clocks there are not changed.

interface Span {
  from: number;
  until: number;
  offset: number;
}

const spans = new Map<string, Span[]>();
const maxSpans = 500;

/** In milliseconds, at this moment. */
export function offsetAt(at: number, timeZone: string): number {
  const known = spans.get(timeZone) ?? [];
  const found = known.find(({ from, until }) => from <= at && at < until);
  if (found) return found.offset;
  const span = spanAt(at, timeZone);
  spans.set(timeZone, [span, ...known.slice(0, maxSpans)]);
  return span.offset;
}

function spanAt(at: number, timeZone: string): Span {
  const there = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone);
  return {
    from: there.add({ nanoseconds: 1 }).getTimeZoneTransition('previous')?.epochMilliseconds ?? -Infinity,
    until: there.getTimeZoneTransition('next')?.epochMilliseconds ?? Infinity,
    offset: there.offsetNanoseconds / 1e6,
  };
}

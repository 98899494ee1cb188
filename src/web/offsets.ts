// UTC offsets of time zones, cached until the next clock change: Temporal takes 0.1 ms, and a page asks fifty times.

interface Span {
  from: number;
  until: number;
  offset: number; // milliseconds
}

const spans = new Map<string, Span[]>();
const maxSpans = 500;

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

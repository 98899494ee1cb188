// Days like 2026-11-01 in a time zone: when they begin.

/** Whether there is such a day. */
export function readDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return time >= 0 && new Date(time).toISOString().startsWith(text);
}

/** The moment at which this day begins there, never before 1970; where clocks skip midnight, the first moment after. */
export function startOfDay(day: string, timeZone: string): Date {
  const start = Temporal.PlainDate.from(day).toZonedDateTime(timeZone).epochMilliseconds;
  return new Date(Math.max(0, start));
}

export function dayAfter(day: string): string {
  return Temporal.PlainDate.from(day).add({ days: 1 }).toString();
}

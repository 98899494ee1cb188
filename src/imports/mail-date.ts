// When a mail says that it was sent. Not by Date.parse, which takes a time without a zone for one of this machine's.

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
// RFC 5322, 4.3; every other name counts as UTC.
const zones: Record<string, number> = {
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
};

/** Milliseconds since 1970 of `Tue, 24 Nov 2026 03:27:57 +0100` or `Tue Nov 24 03:27:57 2026`; undefined when it is neither. */
export function readMailDate(text: string): number | undefined {
  const mail =
    /(\d{1,2})[ -]([a-z]{3})[a-z]*[ -](\d{2,4}) +(\d{1,2}):(\d{2})(?::(\d{2}))? *([+-]\d{4}|[A-Z]+)?/i.exec(
      text,
    );
  const [, day, month, year, hours, minutes, seconds = '0', zone = ''] = mail ?? inSeparator(text) ?? [];
  const number = months.indexOf((month ?? '').toLowerCase());
  if (number < 0) return undefined;
  const fullYear = year!.length === 4 ? Number(year) : Number(year) + (Number(year) < 50 ? 2000 : 1900);
  const at = Date.UTC(fullYear, number, Number(day), Number(hours), Number(minutes), Number(seconds));
  return at - offsetOf(zone) * 60_000;
}

/** The same parts of the line between two mails: `Tue Nov 24 03:27:57 +0100 2026`, its zone being optional. */
function inSeparator(text: string): (string | undefined)[] | undefined {
  const found =
    /([a-z]{3}) +(\d{1,2}) +(\d{1,2}):(\d{2})(?::(\d{2}))? +(?:([+-]\d{4}|[A-Z]{2,5}) +)?(\d{4})/i.exec(text);
  if (!found) return undefined;
  const [whole, month, day, hours, minutes, seconds, zone, year] = found;
  return [whole, day, month, year, hours, minutes, seconds, zone];
}

/** In minutes east of UTC. */
function offsetOf(zone: string): number {
  if (!/^[+-]/.test(zone)) return (zones[zone.toUpperCase()] ?? 0) * 60;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3, 5));
  return zone.startsWith('-') ? -minutes : minutes;
}

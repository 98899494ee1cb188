// Parses the dates of mail programs; Date.parse would assume the local time zone and invent missing parts.

const day = 24 * 60 * 60 * 1000;
const oldest = Date.UTC(1900, 0, 1);
const maxLength = 200;
const maxOffset = 15 * 60; // minutes

// RFC 5322, 4.3, and others in use; unknown names count as UTC.
const zones: Record<string, number> = {
  EST: -5, EDT: -4, CST: -6, CDT: -5, MST: -7, MDT: -6, PST: -8, PDT: -7, AST: -4, ADT: -3, NST: -3.5, NDT: -2.5,
  AKST: -9, AKDT: -8, HST: -10, BRT: -3, ART: -3, BST: 1, IST: 5.5, CET: 1, CEST: 2, MET: 1, MEST: 2, MEZ: 1, MESZ: 2,
  MEWT: 1, MSK: 3, MSD: 4, EET: 2, EEST: 3, WET: 0, WEST: 1, SAST: 2, JST: 9, KST: 9, SGT: 8, HKT: 8, PHT: 8, WIB: 7,
  AWST: 8, ACST: 9.5, ACDT: 10.5, AEST: 10, AEDT: 11, NZST: 12, NZDT: 13,
}; // prettier-ignore

const months = monthNames();

/** Month names and their abbreviations in the languages that occur in mail, although English is required. */
function monthNames(): Map<string, number> {
  const names = new Map<string, number>();
  const locales = ['en', 'de', 'fr', 'es', 'it', 'pt', 'nl', 'sv', 'da', 'nb', 'pl', 'ru', 'tr', 'hu', 'ro'];
  const add = (name: string, month: number) => name && !names.has(name) && names.set(name, month);
  for (const locale of locales)
    for (const style of ['long', 'short'] as const) {
      const format = new Intl.DateTimeFormat(locale, { day: 'numeric', month: style, timeZone: 'UTC' });
      for (let month = 0; month < 12; month += 1) {
        const parts = format.formatToParts(Date.UTC(2020, month, 1));
        const name = plain(parts.find(({ type }) => type === 'month')?.value ?? '');
        add(name, month);
        add(name.slice(0, 3), month);
      }
    }
  add('mrz', 2);
  add('maerz', 2);
  add('sept', 8);
  return names;
}

function plain(word: string): string {
  return word
    .normalize('NFD')
    .replaceAll(/[\p{M}.]/gu, '')
    .toLowerCase();
}

function monthOf(word: string): number | undefined {
  const name = plain(word);
  return months.get(name) ?? months.get(name.slice(0, 3));
}

interface Reading {
  year: number;
  month: number;
  day: number;
  time: { hours: number; minutes: number; seconds: number };
  zone: string;
}

/** Milliseconds since 1970; undefined for a missing or impossible date. */
export function readMailDate(text: string): number | undefined {
  const short = withoutComments(text.slice(0, maxLength)).replaceAll(/\s+/g, ' ').trim();
  const reading = readNumbers(short) ?? readWords(short);
  const at = reading && timestampOf(reading);
  return at !== undefined && at >= oldest && at < Date.now() + day ? at : undefined;
}

/** ISO 8601, also with slashes or a space; `05.03.2019`, day first; `29/03/2019` or `03/29/2019` if unambiguous. */
function readNumbers(text: string): Reading | undefined {
  const found = /(?:^|\s)(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:$|[T ,]+(.*))/i.exec(text);
  if (!found) {
    const [whole, one, sign, other, year = '', rest = ''] =
      /(?:^|\s)(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?:$|[ ,]+(.*))/.exec(text) ?? [];
    const isMonthFirst = sign !== '.' && Number(other) > 12;
    if (whole === undefined || (sign !== '.' && Number(one) <= 12 && !isMonthFirst)) return undefined;
    const [dayOfMonth, month] = isMonthFirst ? [other, one] : [one, other];
    return complete({ year: fullYear(year), month: Number(month) - 1, day: Number(dayOfMonth) }, rest);
  }
  const [, year, , month, dayOfMonth, rest = ''] = found;
  return complete({ year: Number(year), month: Number(month) - 1, day: Number(dayOfMonth) }, rest);
}

/** `Tue, 24 Nov 2026 03:27:57 +0100`, `Tue Nov 24 03:27:57 CET 2026`, `24. November 2026`, `November 24, 2026`. */
function readWords(text: string): Reading | undefined {
  const dayFirst =
    /(?:^|\D)0?(\d{1,2})(?:\.|st|nd|rd|th)?[ \-/]*(?:de )?(\p{L}{3,12})\.?[ \-/,]*(?:de )?'?(\d{2,4})(?![\d:])(.*)/iu;
  const monthFirst = /(?:^|[^\p{L}])(\p{L}{3,12})\.? (\d{1,2})(?:st|nd|rd|th)?,? +(.*)/iu;
  const first = matchWithMonth(text, dayFirst, 2);
  if (first) {
    const [, number, month, year, rest = ''] = first;
    return complete({ year: fullYear(year!), month: monthOf(month!)!, day: Number(number) }, rest);
  }
  const second = matchWithMonth(text, monthFirst, 1);
  if (!second) return undefined;
  const [, month, number, rest = ''] = second;
  const [year] = /(?<![\d:+-])\d{4}(?![\d:])/.exec(rest) ?? /(?<![\d:+-])\d{2}(?![\d:])/.exec(rest) ?? [];
  if (!year) return undefined;
  const behindYear = rest.startsWith(year) ? rest.slice(year.length) : rest.replace(year, ' ');
  return complete({ year: fullYear(year), month: monthOf(month!)!, day: Number(number) }, behindYear);
}

/** The first match whose word is a month, which skips the weekday. */
function matchWithMonth(text: string, expression: RegExp, group: number): RegExpExecArray | undefined {
  const each = new RegExp(expression.source, `${expression.flags}y`);
  for (let at = 0; at < text.length; at += 1) {
    each.lastIndex = at;
    const found = each.exec(text);
    if (found && monthOf(found[group]!) !== undefined) return found;
  }
  return undefined;
}

function complete(date: Omit<Reading, 'time' | 'zone'>, rest: string): Reading | undefined {
  const found = /(\d{1,2}) ?[:.] ?(\d{2})(?: ?[:.] ?(\d{2})(?:[.,]\d+)?)? ?(?:([ap])\.?m\b\.?)?\s*(.*)/i.exec(
    rest,
  );
  if (!found)
    return /\d/.test(rest) ? undefined : { ...date, time: { hours: 0, minutes: 0, seconds: 0 }, zone: rest };
  const [, hours, minutes, seconds = '0', half, zone = ''] = found;
  const time = { hours: Number(hours), minutes: Number(minutes), seconds: Number(seconds) };
  if (half) {
    if (time.hours < 1 || time.hours > 12) return undefined;
    time.hours = (time.hours % 12) + (half.toLowerCase() === 'p' ? 12 : 0);
  }
  return { ...date, time, zone };
}

function fullYear(year: string): number {
  const number = Number(year);
  if (year.length === 4) return number;
  return number < 50 && year.length === 2 ? number + 2000 : number + 1900; // three digits: 102 for 2002
}

function timestampOf({ year, month, day: dayOfMonth, time, zone }: Reading): number | undefined {
  const { hours, minutes, seconds } = time;
  const offset = offsetOf(zone);
  const date = new Date(Date.UTC(year, month, dayOfMonth));
  const exists = date.getUTCMonth() === month && date.getUTCDate() === dayOfMonth;
  if (!exists || hours > 23 || minutes > 59 || seconds > 60 || Math.abs(offset) > maxOffset) return undefined;
  return date.getTime() + ((hours * 60 + minutes - offset) * 60 + Math.min(seconds, 59)) * 1000;
}

/** Minutes east of UTC: `+0100`, `+01:00`, `GMT+1`, `CET`. */
function offsetOf(zone: string): number {
  const [, sign, hours, minutes = '0'] =
    /^(?:[a-z]{1,5} ?)?([+-]) ?(\d{1,2}):?(\d{2})?(?!\d)/i.exec(zone) ?? [];
  if (sign) return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  const [name = ''] = /^[a-z]{1,5}\b/i.exec(zone) ?? [];
  return (zones[name.toUpperCase()] ?? 0) * 60;
}

function withoutComments(text: string): string {
  let depth = 0;
  let kept = '';
  for (const character of text) {
    if (character === '(') depth += 1;
    else if (character === ')' && depth > 0) depth -= 1;
    else if (depth === 0) kept += character;
  }
  return depth > 0 ? text : kept;
}

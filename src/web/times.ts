// Times as text, relative and exact; by hand, because a page has fifty of them and Intl is slow.
import { offsetAt } from './offsets.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = 'January February March April May June July August September October November December'.split(
  ' ',
);
/** As Intl has them for en-GB, which app.js uses. */
const shortMonths = 'Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec'.split(' ');

export function timeAgo(then: Date, now = Date.now(), timeZone = 'UTC'): string {
  const past = now - then.getTime();
  if (past < minute) return 'just now';
  if (past < hour) return ago(Math.floor(past / minute), 'minute');
  const days = dayNumber(new Date(now), timeZone) - dayNumber(then, timeZone);
  if (days === 0) return ago(Math.floor(past / hour), 'hour');
  if (days === 1) return 'yesterday';
  if (days < 7) return ago(days, 'day');
  return date(localTime(then, timeZone), shortMonths);
}

export function exactTime(then: Date, timeZone = 'UTC'): string {
  const local = localTime(then, timeZone);
  const [hours, minutes] = [twoDigits(local.getUTCHours()), twoDigits(local.getUTCMinutes())];
  const where = timeZone === 'UTC' ? 'UTC' : `(${timeZone})`;
  return `${weekdays[local.getUTCDay()]}, ${date(local, months)} at ${hours}:${minutes} ${where}`;
}

/** "2026-11-23T07:34:09Z", in a quarter of the time of toISOString. */
export function machineTime(then: Date): string {
  const month = `${then.getUTCFullYear()}-${twoDigits(then.getUTCMonth() + 1)}`;
  const clock = `${twoDigits(then.getUTCHours())}:${twoDigits(then.getUTCMinutes())}`;
  return `${month}-${twoDigits(then.getUTCDate())}T${clock}:${twoDigits(then.getUTCSeconds())}Z`;
}

/** "28 Nov 2026", in UTC. */
export function calendarDay(then: Date): string {
  return date(then, shortMonths);
}

function localTime(then: Date, timeZone: string): Date {
  return timeZone === 'UTC' ? then : new Date(then.getTime() + offsetAt(then.getTime(), timeZone)); // read as UTC
}

function dayNumber(then: Date, timeZone: string): number {
  return Math.floor(localTime(then, timeZone).getTime() / day);
}

function twoDigits(part: number): string {
  return part < 10 ? `0${part}` : String(part);
}

function ago(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'} ago`;
}

function date(local: Date, names: string[]): string {
  return `${local.getUTCDate()} ${names[local.getUTCMonth()]} ${local.getUTCFullYear()}`;
}

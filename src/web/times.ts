// Times for people: how long ago, and exactly when.

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const dayOnly = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  timeZone: 'UTC',
});
const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'short', timeZone: 'UTC' });

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** "just now", "5 minutes ago", "2 hours ago", "yesterday", "6 days ago", then the date. */
export function timeAgo(then: Date, now = new Date()): string {
  const past = now.getTime() - then.getTime();
  if (past < minute) return 'just now';
  if (past < hour) return relative.format(-Math.floor(past / minute), 'minute');
  if (past < day) return relative.format(-Math.floor(past / hour), 'hour');
  if (past < 7 * day) return relative.format(-Math.floor(past / day), 'day');
  return dayOnly.format(then);
}

/** "Monday, 23 November 2026 at 07:34 UTC": the server does not know where the reader is. */
export function exactTime(then: Date): string {
  return `${exact.format(then)} UTC`;
}

// When the nightly backup is due: once after each three o'clock, by the time zone of the server.

const hour = 3;
const dayMs = 24 * 60 * 60 * 1000;

/** A backup from the future was made while the clock was wrong: it counts for nothing. */
export function isBackupDue(lastAt: Date | undefined, now: Date): boolean {
  return !lastAt || lastAt < latestNight(now) || lastAt.getTime() > now.getTime() + dayMs;
}

/** Weekly. */
export function isRehearsalDue(lastAt: Date | undefined, now: Date): boolean {
  // Half a day less, because it follows a backup, and not every backup takes the same time.
  return !lastAt || Math.abs(now.getTime() - lastAt.getTime()) > 6.5 * dayMs;
}

function latestNight(now: Date): Date {
  const today = new Date(now.getFullYear(), now.getMonth(), now.getDate(), hour);
  if (today <= now) return today;
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1, hour);
}

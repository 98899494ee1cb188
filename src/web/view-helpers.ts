// What every view may call.
import type { Config } from '../config.ts';
import { lowestId } from '../ids.ts';
import { readAssetAddresses } from './assets.ts';
import { cookieName, type Site } from './cookies.ts';
import type { ReadersTime } from './time-zones.ts';
import { maxExcerpt, shorten } from './text.ts';
import { exactTime, machineTime, timeAgo } from './times.ts';

/** A count as it is shown: whoever has a hundred does not need to know it to the last one. */
function capped(count: number): string {
  return count > 99 ? '99+' : String(count);
}

/** The beginning of a message, as a list shows it. */
const excerptOf = (text: string): string => shorten(text, maxExcerpt);

/** Who is at the other end of a message, in words. */
function nameOf({ other, origin }: { other: string | null; origin: string | null }): string {
  if (origin?.endsWith('notice')) return 'Private Messages';
  return other ?? 'deleted account';
}

export const viewHelpers = (config: Pick<Config, 'registration' | 'requireSecondFactor'> & Site) => ({
  asset: readAssetAddresses(),
  // In the reader's time zone where readTimeZone has found it.
  timeAgo: (then: Date) => timeAgo(then),
  exactTime: (then: Date) => exactTime(then),
  readersTime: { timeZone: 'UTC', source: 'none' } satisfies ReadersTime,
  serverTime: Date.now,
  zoneCookie: cookieName(config, 'zone'),
  machineTime,
  capped,
  excerptOf,
  nameOf,
  lowestId,
  registration: config.registration,
  requiresFactor: config.requireSecondFactor === 'all',
});

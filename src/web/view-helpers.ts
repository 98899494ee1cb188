// Helpers and values available to every view.
import type { Config } from '../config.ts';
import { lowestId } from '../ids.ts';
import { readAssetAddresses } from './assets.ts';
import { cookieName, type Site } from './cookies.ts';
import type { ReadersTime } from './time-zones.ts';
import { maxExcerpt, shorten } from './text.ts';
import { exactTime, machineTime, timeAgo } from './times.ts';

function capped(count: number): string {
  return count > 99 ? '99+' : String(count);
}

const excerptOf = (text: string): string => shorten(text, maxExcerpt);

function nameOf({ other, origin }: { other: string | null; origin: string | null }): string {
  if (origin?.endsWith('notice')) return 'Private Messages';
  return other ?? 'deleted account';
}

export const viewHelpers = (config: Pick<Config, 'registration' | 'requireSecondFactor'> & Site) => ({
  asset: readAssetAddresses(),
  timeAgo: (then: Date) => timeAgo(then), // these three are defaults: readTimeZone overrides them
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

// Helpers and values available to every view.
import { lowestId } from '../ids.ts';
import { anchorOf } from './anchors.ts';
import { readAssetAddresses } from './assets.ts';
import { avatarOf } from './avatars.ts';
import type { WebContext } from './context.ts';
import type { ReadersTime } from './time-zones.ts';
import { maxExcerpt, shorten } from './text.ts';
import { exactTime, machineTime, timeAgo } from './times.ts';

function capped(count: number): string {
  return count > 99 ? '99+' : String(count);
}

const excerptOf = (text: string): string => shorten(text, maxExcerpt);

/** Enough to tell two messages from each other. */
const beginningOf = (text: string): string => shorten(text, 40);

interface WithOther {
  /** A username and, after a space, the display name; or an imported name. */
  other: string | null;
  origin: string | null;
}

function nameOf({ other, origin }: WithOther): string {
  if (origin?.endsWith('notice')) return 'Private Messages';
  return (origin ? other : other?.split(' ', 1)[0]) ?? 'deleted account';
}

function displayNameOf({ other, origin }: WithOther): string | null {
  const space = origin ? -1 : (other ?? '').indexOf(' ');
  return space === -1 ? null : other!.slice(space + 1);
}

export const viewHelpers = ({ config, cookies }: WebContext) => ({
  asset: readAssetAddresses(),
  timeAgo: (then: Date) => timeAgo(then), // these three are defaults: readTimeZone overrides them
  exactTime: (then: Date) => exactTime(then),
  readersTime: { timeZone: 'UTC', source: 'none' } satisfies ReadersTime,
  serverTime: Date.now,
  zoneCookie: cookies.name('zone'),
  machineTime,
  capped,
  excerptOf,
  beginningOf,
  anchorOf,
  nameOf,
  displayNameOf,
  avatarOf,
  lowestId,
  registration: config.registration,
  requiresFactor: config.requireSecondFactor === 'all',
});

// Helpers and values available to every view.
import { lowestId } from '../ids.ts';
import { anchorOf } from './anchors.ts';
import { readAssetAddresses } from './assets.ts';
import { avatarOf } from './avatars.ts';
import type { WebContext } from './context.ts';
import { programSender } from './site.ts';
import type { ReadersTime } from './time-zones.ts';
import { maxExcerpt, shorten } from './text.ts';
import { exactTime, machineTime, timeAgo } from './times.ts';

function capped(count: number): string {
  return count > 99 ? '99+' : String(count);
}

const excerptOf = (text: string): string => shorten(text, maxExcerpt);

/** Enough to tell two messages from each other. */
const beginningOf = (text: string): string => shorten(text, 40);

interface Sent {
  other: string | null;
  origin: string | null;
}

export const viewHelpers = ({ config, cookies, encryption, site }: WebContext) => ({
  asset: readAssetAddresses(),
  timeAgo: (then: Date) => timeAgo(then), // these three are defaults: readTimeZone overrides them
  exactTime: (then: Date) => exactTime(then),
  readersTime: { timeZone: 'UTC', source: 'none' } satisfies ReadersTime,
  serverTime: Date.now,
  // For what a tab keeps of an unsent message (public/writing.js).
  tabKey: (userId: string) => encryption.hash('text in a tab', userId).toString('base64'),
  zoneCookie: cookies.name('zone'),
  machineTime,
  capped,
  excerptOf,
  beginningOf,
  anchorOf,
  nameOf: ({ other, origin }: Sent) => programSender(site, origin) ?? other ?? 'deleted account',
  avatarOf,
  lowestId,
  site,
  siteHost: new URL(config.publicUrl).host,
});

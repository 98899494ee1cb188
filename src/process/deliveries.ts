// Resumes announcements that a killed process left unfinished, every minute.
import { deliverUnfinished } from '../admin/announcements/announce.ts';
import type { MailboxContext } from '../mailbox/context.ts';
import { repeat } from './repeat.ts';

export function startDeliveries({ pool, log, notifier }: MailboxContext): { close(): void } {
  const deliverRest = () => deliverUnfinished(pool, (ownerIds) => notifier.notify(ownerIds));
  return repeat(log, deliverRest, { firstAfterMs: 0, everyMs: 60_000 });
}

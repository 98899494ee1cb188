// Resumes announcements that a killed process left unfinished, every minute.
import { deliverUnfinished } from '../admin/announcements/announce.ts';
import type { MailboxContext } from '../mailbox/context.ts';

const everyMs = 60_000;

export function startDeliveries({ pool, log, notifier }: MailboxContext): { close(): void } {
  let timer: NodeJS.Timeout;
  const run = async (): Promise<void> => {
    await deliverUnfinished(pool, (ownerIds) => notifier.notify(ownerIds)).catch((error: Error) =>
      log.error({ err: error }, 'background'),
    );
    timer = setTimeout(() => void run(), everyMs).unref();
  };
  void run();
  return { close: () => clearTimeout(timer) };
}

// Announces to all members: once to each, whoever presses Send how often, and whichever process is killed meanwhile.
import { setTimeout as sleep } from 'node:timers/promises';
import { asSystem } from '../../database/owner.ts';
import type { Pool } from '../../database/pool.ts';
import { transaction } from '../../database/transaction.ts';
import { insertAnnouncement, lockMailboxes } from '../../mailbox/announcements.ts';
import {
  findSameText,
  insertAnnouncementOf,
  listNextMembers,
  listUnfinished,
  lockAnnouncing,
  lockDelivery,
  noteDone,
  noteProgress,
  type Delivery,
} from './queries.ts';

/** For so long the same text is the same announcement: sent again, nobody gets it twice. */
const sameTextFor = '1 day';
// Senders to these mailboxes wait for a batch: about 60 ms on a small machine. Words of long texts take most of it.
export const maxBatch = 100;
const charactersInBatch = 50_000;
const lockNotAvailable = '55P03';
const retryMs = 1000;

export interface Made {
  id: string;
  isNew: boolean;
}

/** Records it, to be delivered. `madeBy` is undefined for the command line. */
export function announce(pool: Pool, madeBy: string | undefined, body: string): Promise<Made> {
  return transaction(pool, async (db) => {
    await lockAnnouncing(db);
    const same = await findSameText(db, body, sameTextFor);
    if (same) return { id: same, isNew: false };
    return { id: await insertAnnouncementOf(db, madeBy, body), isNew: true };
  });
}

/** Delivers until everybody has it. Several may do so at the same moment, and a later one goes on with the rest. */
export async function deliver(
  pool: Pool,
  id: string,
  notify: (ownerIds: string[]) => unknown,
): Promise<void> {
  for (;;) {
    const reached = await asSystem(() => deliverNext(pool, id)).catch(orLater);
    if (reached === 'all') return;
    await (reached === 'later' ? sleep(retryMs) : notify(reached));
  }
}

/** Who has it now that had not; a killed process leaves nothing of a batch. */
function deliverNext(pool: Pool, id: string): Promise<string[] | 'all'> {
  return transaction(pool, async (db) => {
    const delivery = await lockDelivery(db, id);
    if (!delivery) return 'all';
    const members = await listNextMembers(db, delivery, batchOf(delivery));
    if (members.length === 0) {
      await noteDone(db, id);
      return 'all';
    }
    const reached = await lockMailboxes(db, members);
    await insertAnnouncement(db, reached, delivery.body);
    await noteProgress(db, id, reached.at(-1)!, reached.length);
    return reached;
  });
}

function batchOf({ body }: Delivery): number {
  return Math.min(maxBatch, Math.ceil(charactersInBatch / body.length));
}

function orLater(error: unknown): 'later' {
  if ((error as { code?: unknown }).code === lockNotAvailable) return 'later';
  throw error;
}

export async function deliverUnfinished(pool: Pool, notify: (ownerIds: string[]) => unknown): Promise<void> {
  for (const id of await listUnfinished(pool)) await deliver(pool, id, notify);
}

// Sends a message, or says why not; a mailbox that may be full is counted first.
import { batch } from '../../database/batch.ts';
import { asSystem } from '../../database/owner.ts';
import { isDatabaseAway, type Database, type Pool } from '../../database/pool.ts';
import { transaction } from '../../database/transaction.ts';
import { checkQuota, warnOwners } from '../quota.ts';
import { sendTogether, sendWhereRoom, type Attempt, type SendLimits, type Sending } from './queries.ts';

/** 'full': `isOwn` the sender's mailbox, `names` those of recipients. `warned`: who has found a notice about theirs. */
export type Outcome =
  | (Exclude<Attempt, { kind: 'no room' }> & { warned: string[] })
  | { kind: 'full'; isOwn: boolean; names: string[]; warned: string[] };

/**
 * All copies are written, or nothing is. Seldom has a mailbox to be counted: when it is nearly full, or for the first
 * time. That may take a tenth of a second; `mayCount` may throw to refuse it.
 */
export type SendMessage = (sending: Sending, mayCount?: () => Promise<void>) => Promise<Outcome>;

/**
 * Letters that come while others are being written are written together: PostgreSQL needs half as long for each of eight
 * as for one alone. All of them take one connection, so that pages find others free. What is in the way of one letter is
 * not in the way of the others: it is tried alone.
 */
export function createSendMessage(pool: Pool, limits: SendLimits): SendMessage {
  const sendAll = (db: Database, sendings: Sending[]) => asSystem(() => sendTogether(db, sendings, limits));
  const sendAlone = (db: Database, sending: Sending) => asSystem(() => sendWhereRoom(db, sending, limits));
  const sendWithOthers = batch(pool, sendAll, {
    keyOf: ({ from }) => from,
    // One for a thousand characters to one person; what takes longest is the index of words.
    weightOf: ({ to, body }) => to.length * Math.ceil(body.length / 1000),
  });
  const attempt = async (sending: Sending): Promise<Attempt> => {
    const answer = await sendWithOthers(sending).catch((error: unknown) => {
      if (isDatabaseAway(error)) throw error;
      return 'failed' as const; // maybe for another letter
    });
    // Nothing is sent twice: the digest of the form sees to that.
    return typeof answer === 'object' ? answer : sendAlone(pool, sending);
  };
  return async (sending, mayCount = async () => {}) => {
    const first = await attempt(sending);
    if (first.kind !== 'no room') return { ...first, warned: [] };
    await mayCount();
    return transaction(pool, async (db) => {
      const room = await asSystem(() => checkQuota(db, first.adding, limits.mailbox));
      // Nobody else adds anything to these mailboxes now: what is said this time is final.
      const second = await sendAlone(db, sending);
      await warnOwners(db, room, limits.mailbox);
      const warned = room.filling.map(({ ownerId }) => ownerId);
      if (second.kind !== 'no room') return { ...second, warned };
      const names = first.known.filter(([, id]) => id !== sending.from && room.full.includes(id));
      return {
        kind: 'full',
        isOwn: [...room.full, ...room.fullOfOwn].includes(sending.from),
        names: names.map(([name]) => name),
        warned,
      };
    });
  };
}

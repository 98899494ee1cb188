// Sends a message, batched where possible, and recounts usage where a mailbox may be full.
import { batch } from '../../database/batch.ts';
import { asSystem } from '../../database/owner.ts';
import { isDatabaseAway, type Database, type Pool } from '../../database/pool.ts';
import { transaction } from '../../database/transaction.ts';
import { checkQuota, warnOwners } from '../quota.ts';
import { sendTogether, sendWhereRoom, type Attempt, type SendLimits, type Sending } from './queries.ts';

/** 'full': `isOwn` if the sender's mailbox is, `names` of full recipients. `warned`: owners who got a quota notice. */
export type Outcome =
  | (Exclude<Attempt, { kind: 'no room' }> & { warned: string[] })
  | { kind: 'full'; isOwn: boolean; names: string[]; warned: string[] };

/** Writes all copies or none. A recount may take 100 ms; `mayCount` may throw to refuse it. */
export type SendMessage = (sending: Sending, mayCount?: () => Promise<void>) => Promise<Outcome>;

// Concurrent messages are batched: PostgreSQL takes half as long for each of eight as for one alone, and one connection
// serves them all, which leaves others to pages. A message that is busy or whose batch failed is sent alone.
export function createSendMessage(pool: Pool, limits: SendLimits): SendMessage {
  const sendAll = (db: Database, sendings: Sending[]) => asSystem(() => sendTogether(db, sendings, limits));
  const sendAlone = (db: Database, sending: Sending) => asSystem(() => sendWhereRoom(db, sending, limits));
  const sendWithOthers = batch(pool, sendAll, {
    keyOf: ({ from }) => from,
    // 1 per recipient and 1,000 characters; the search index takes longest.
    weightOf: ({ to, body }) => to.length * Math.ceil(body.length / 1000),
  });
  const attempt = async (sending: Sending): Promise<Attempt> => {
    const answer = await sendWithOthers(sending).catch((error: unknown) => {
      if (isDatabaseAway(error)) throw error;
      return 'failed' as const; // maybe because of another message
    });
    // Nothing is sent twice: the form's digest prevents it.
    return typeof answer === 'object' ? answer : sendAlone(pool, sending);
  };
  return async (sending, mayCount = async () => {}) => {
    const first = await attempt(sending);
    if (first.kind !== 'no room') return { ...first, warned: [] };
    await mayCount();
    return transaction(pool, async (db) => {
      const room = await asSystem(() => checkQuota(db, first.adding, limits.mailbox));
      // The mailboxes are locked now, so this answer is final.
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

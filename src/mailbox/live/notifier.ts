// Notifies all processes of mailbox changes with PostgreSQL's LISTEN and NOTIFY.
import pg from 'pg';
import { countBatch } from '../../concurrency/batch-counts.ts';
import { prepareLike, type Database, type Pool } from '../../database/pool.ts';
import { noticesInPayload, readPayload, writePayload, type Change, type Notice } from './changes.ts';

export interface Notifier {
  /** Never fails and never waits: delivery to open pages is best effort. */
  notify(ownerIds: string[], change?: Change): void;
  close(): Promise<void>;
}

const channel = 'mailboxes';
// NOTIFY locks the whole database at commit: it runs outside of the send, batched over these milliseconds.
const batchMs = 10;
const retryMs = 1000;

/** `heard` gets changes from all processes; undefined after a lost connection, when some may have been missed. */
export function openNotifier(
  pool: Pool,
  heard: (notices: Notice[] | undefined) => void,
  onError: (error: Error) => void,
): Notifier {
  const waiting = new Map<string, Notice>();
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  const listener = keepListening(pool, heard, onError);

  const add = ({ ownerId, change, at }: Notice) => {
    const other = waiting.get(ownerId) ?? { change: 'arrivals', at };
    const both = other.change === 'arrivals' || other.change === change ? change : 'messages';
    waiting.set(ownerId, { ownerId, change: both, at: Math.max(at, other.at) });
  };
  // One statement at a time; what fails is sent with the next.
  const tell = async () => {
    const notices = [...waiting.values()];
    waiting.clear();
    let pause = batchMs;
    await notifyAll(pool, notices).catch((error: unknown) => {
      onError(error as Error);
      for (const notice of notices) add(notice);
      pause = retryMs;
    });
    if (waiting.size > 0 && !isClosed) timer = setTimeout(() => void tell(), pause);
    else timer = undefined;
  };
  return {
    notify: (ownerIds, change = 'messages') => {
      const at = Date.now();
      for (const ownerId of ownerIds) add({ ownerId, change, at });
      timer ??= setTimeout(() => void tell(), batchMs);
    },
    close: async () => {
      isClosed = true;
      clearTimeout(timer);
      await listener.close();
    },
  };
}

/** Notifies immediately, for a command that ends right after. */
export function tellAll(db: Database, ownerIds: string[]): Promise<void> {
  const at = Date.now();
  return notifyAll(
    db,
    ownerIds.map((ownerId) => ({ ownerId, change: 'messages', at })),
  );
}

async function notifyAll(db: Database, notices: Notice[]): Promise<void> {
  for (let start = 0; start < notices.length; start += noticesInPayload) {
    const payload = writePayload(notices.slice(start, start + noticesInPayload));
    await db.query('select pg_notify($1, $2)', [channel, payload]);
    countBatch('notifications', Math.min(noticesInPayload, notices.length - start));
  }
}

function keepListening(
  pool: Pool,
  heard: (notices: Notice[] | undefined) => void,
  onError: (error: Error) => void,
) {
  let client: pg.Client | undefined;
  let retry: NodeJS.Timeout | undefined;
  let isClosed = false;

  const lose = (lost: pg.Client) => {
    if (client !== lost || isClosed) return;
    client = undefined;
    retry = setTimeout(() => void connect(), retryMs);
  };
  const connect = async () => {
    const fresh = new pg.Client({
      ...pool.options,
      query_timeout: 5000,
      keepAliveInitialDelayMillis: 30_000, // networks may drop a connection idle for hours
      application_name: 'private-messages notifier',
    });
    client = fresh;
    fresh.on('notification', ({ payload = '' }) => heard(readPayload(payload)));
    fresh.on('error', () => lose(fresh));
    fresh.on('end', () => lose(fresh));
    try {
      await fresh.connect();
      await prepareLike(pool, fresh);
      await fresh.query(`listen ${channel}`);
      heard(undefined);
    } catch (error) {
      if (!isClosed) onError(error as Error);
      fresh.end().catch(() => {}); // it may never have opened
      lose(fresh);
    }
  };
  void connect();
  return {
    close: async () => {
      isClosed = true;
      clearTimeout(retry);
      await client?.end().catch(() => {}); // already closed
    },
  };
}

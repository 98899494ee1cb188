// Tells all processes that somebody's mailbox has changed: PostgreSQL's NOTIFY, heard through one connection.
import pg from 'pg';
import { prepareLike, type Database, type Pool } from '../../database/pool.ts';
import { noticesInPayload, readPayload, writePayload, type Change, type Notice } from './changes.ts';

export interface Notifier {
  /** Says that these people's mailboxes have changed. Never fails and never waits: a page that is open is told, or it is not. */
  notify(ownerIds: string[], change?: Change): void;
  close(): Promise<void>;
}

const channel = 'mailboxes';
// NOTIFY takes a lock over the whole database when it commits, so it is done outside of the sending, and seldom: what
// comes within these milliseconds is told at once.
const batchMs = 10;
const retryMs = 1000;

/**
 * `heard` is called with what has changed, in whichever process; with undefined when something may have been missed,
 * because the connection had been lost.
 */
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
  // One statement at a time; what PostgreSQL was too busy for is told with the next.
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

/** Tells all processes at once, for a program that does not stay to ring a bell. */
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
  }
}

/** One connection that listens for as long as the program runs, and comes back when it is lost. */
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
      keepAliveInitialDelayMillis: 30_000, // it may be silent for hours, and a network in between forget it
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
      fresh.end().catch(() => {}); // it may never have been open
      lose(fresh);
    }
  };
  void connect();
  return {
    close: async () => {
      isClosed = true;
      clearTimeout(retry);
      await client?.end().catch(() => {}); // gone already is as good
    },
  };
}

// Tells all processes that somebody's mailbox has changed: PostgreSQL's NOTIFY, heard through one connection.
import pg from 'pg';
import type { Database, Pool } from '../database/pool.ts';

export interface Bell {
  /** Says that these people's mailboxes have changed. Never fails and never waits: a page that is open is told, or it is not. */
  ring(ownerIds: string[]): void;
  close(): Promise<void>;
}

const channel = 'mailboxes';
// NOTIFY takes a lock over the whole database when it commits, so it is done outside of the sending, and seldom: what
// comes within these milliseconds is told at once. A payload has room for 8,000 bytes (PostgreSQL manual, NOTIFY).
const gatherMs = 10;
const idsInPayload = 200;
const retryMs = 1000;

/**
 * `heard` is called with the people whose mailboxes have changed, in whichever process; with undefined when
 * something may have been missed, because the connection had been lost.
 */
export function openBell(
  pool: Pool,
  heard: (ownerIds: string[] | undefined) => void,
  onError: (error: Error) => void,
): Bell {
  const waiting = new Set<string>();
  let gathering: NodeJS.Timeout | undefined;
  const listener = keepListening(pool, heard, onError);

  const tell = () => {
    gathering = undefined;
    const ids = [...waiting];
    waiting.clear();
    tellAll(pool, ids).catch(onError);
  };
  return {
    ring: (ownerIds) => {
      for (const id of ownerIds) waiting.add(id);
      gathering ??= setTimeout(tell, gatherMs);
    },
    close: async () => {
      clearTimeout(gathering);
      await listener.close();
    },
  };
}

/** Tells all processes at once, for a program that does not stay to ring a bell. */
export async function tellAll(db: Database, ownerIds: string[]): Promise<void> {
  for (let start = 0; start < ownerIds.length; start += idsInPayload) {
    const payload = ownerIds.slice(start, start + idsInPayload).join(' ');
    await db.query('select pg_notify($1, $2)', [channel, payload]);
  }
}

/** One connection that listens for as long as the program runs, and comes back when it is lost. */
function keepListening(
  pool: Pool,
  heard: (ownerIds: string[] | undefined) => void,
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
      application_name: 'private-messages bell',
    });
    client = fresh;
    fresh.on('notification', ({ payload }) => heard(payload?.split(' ')));
    fresh.on('error', () => lose(fresh));
    fresh.on('end', () => lose(fresh));
    try {
      await fresh.connect();
      await fresh.query(`listen ${channel}`);
      heard(undefined);
    } catch (error) {
      onError(error as Error);
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

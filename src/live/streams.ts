// The pages that are open: one event stream each (server-sent events, HTML standard 9.2).
import type { Response } from 'express';
import type { MailboxState } from './queries.ts';

export interface Stream {
  ownerId: string;
  res: Response;
  /** Reads what this page wants to know. */
  read(): Promise<MailboxState>;
}

export interface Streams {
  /** False when there are too many, in all or of this person. */
  add(stream: Stream): boolean;
  /** Tells the pages of these people, or all pages, how their mailboxes stand. */
  wake(ownerIds?: string[]): void;
  close(): void;
}

/** Of one process. A stream costs about 20 kB of memory; a person with more than 20 open pages gets no news in the rest. */
const streamLimit = 5000;
const streamsOfOne = 20;
// Proxies and mobile networks close a connection on which nothing is said for a minute.
const heartbeatMs = 25_000;
// After a restart of PostgreSQL all pages are told anew: so many at a time, not all at once.
const readsAtOnce = 2;

export function openStreams(onError: (error: Error) => void): Streams {
  const streams = new Map<string, Set<Stream>>();
  const toWake = new Set<Stream>();
  let count = 0;
  let reading = 0;

  const remove = (stream: Stream) => {
    const own = streams.get(stream.ownerId);
    if (!own?.delete(stream)) return;
    toWake.delete(stream);
    count -= 1;
    if (own.size === 0) streams.delete(stream.ownerId);
  };

  const tell = async (stream: Stream): Promise<void> => {
    try {
      const { isSignedIn, unread, fresh } = await stream.read();
      if (isSignedIn) stream.res.write(`event: mailbox\ndata: ${JSON.stringify({ unread, fresh })}\n\n`);
      else stream.res.end('event: signed-out\ndata: {}\n\n');
    } catch (error) {
      onError(error as Error);
      stream.res.end(); // the browser comes back and asks again
    }
  };
  const work = () => {
    while (reading < readsAtOnce) {
      const [next] = toWake;
      if (!next) return;
      toWake.delete(next);
      reading += 1;
      void tell(next).finally(() => {
        reading -= 1;
        work();
      });
    }
  };
  const wake = (ownerIds: string[] = [...streams.keys()]) => {
    for (const id of ownerIds) for (const stream of streams.get(id) ?? []) toWake.add(stream);
    work();
  };

  const heartbeat = setInterval(() => {
    for (const own of streams.values()) for (const { res } of own) res.write(':\n\n');
  }, heartbeatMs);
  heartbeat.unref();

  return {
    add: (stream) => {
      const own = streams.get(stream.ownerId) ?? new Set();
      if (count >= streamLimit || own.size >= streamsOfOne) return false;
      streams.set(stream.ownerId, own.add(stream));
      count += 1;
      stream.res.on('close', () => remove(stream));
      toWake.add(stream);
      work();
      return true;
    },
    wake,
    close: () => {
      clearInterval(heartbeat);
      for (const own of streams.values()) for (const { res } of own) res.end();
    },
  };
}

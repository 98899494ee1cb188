// The pages that are open: one event stream each (server-sent events, HTML standard 9.2).
import type { Response } from 'express';
import type { MailboxState } from './queries.ts';

export interface Stream {
  ownerId: string;
  /** The session, and thereby the browser, that the page belongs to. */
  sid: string;
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

/** Of one process. A stream costs about 35 kB of memory; a person with more than 20 open pages gets no news in the rest. */
const streamLimit = 5000;
const streamsOfOne = 20;
// Browsers open six connections to a site, over http/1.1: with a stream in each, the seventh page would never load. The
// page that was opened first rests, until it is looked at again.
const streamsOfBrowser = 4;
// Bytes that wait for somebody who does not read them.
const backlogLimit = 8192;
const retryMs = 2000;
// Proxies and mobile networks close a connection on which nothing is said for a minute.
const heartbeatMs = 25_000;
// After a restart of PostgreSQL all pages are told anew: so many at a time, not all at once.
const readsAtOnce = 2;

export function openStreams(onError: (error: Error) => void): Streams {
  const streams = new Map<string, Set<Stream>>();
  const toWake = new Set<Stream>();
  let count = 0;
  let reading = 0;
  let isClosed = false;

  const remove = (stream: Stream) => {
    const own = streams.get(stream.ownerId);
    if (!own?.delete(stream)) return;
    toWake.delete(stream);
    count -= 1;
    if (own.size === 0) streams.delete(stream.ownerId);
  };

  const rest = (stream: Stream) => {
    remove(stream);
    stream.res.end('event: paused\ndata: {}\n\n');
  };
  const say = ({ res }: Stream, words: string) => {
    if (res.writableEnded) return; // it ended while its mailbox was read
    if (res.writableLength > backlogLimit) res.destroy();
    else res.write(words);
  };
  const tell = async (stream: Stream): Promise<void> => {
    try {
      const { isSignedIn, unread, fresh } = await stream.read();
      if (isSignedIn) say(stream, `event: mailbox\ndata: ${JSON.stringify({ unread, fresh })}\n\n`);
      else stream.res.end('event: signed-out\ndata: {}\n\n');
    } catch (error) {
      onError(error as Error);
      setTimeout(() => wake([stream.ownerId]), retryMs).unref();
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
    if (isClosed) return;
    for (const id of ownerIds) for (const stream of streams.get(id) ?? []) toWake.add(stream);
    work();
  };

  const heartbeat = setInterval(() => {
    for (const own of streams.values()) for (const stream of own) say(stream, ':\n\n');
  }, heartbeatMs);
  heartbeat.unref();

  return {
    add: (stream) => {
      const own = streams.get(stream.ownerId) ?? new Set();
      const siblings = [...own].filter(({ sid }) => sid === stream.sid);
      if (siblings.length >= streamsOfBrowser) rest(siblings[0]!);
      if (isClosed || count >= streamLimit || own.size >= streamsOfOne) return false;
      streams.set(stream.ownerId, own.add(stream));
      count += 1;
      stream.res.on('close', () => remove(stream));
      toWake.add(stream);
      work();
      return true;
    },
    wake,
    close: () => {
      isClosed = true;
      toWake.clear();
      clearInterval(heartbeat);
      for (const own of streams.values()) for (const { res } of own) res.end();
    },
  };
}

// The pages that are open: one event stream each (server-sent events, HTML standard 9.2).
import type { Response } from 'express';
import { concerns, RecentChanges, type List, type Notice } from './changes.ts';
import type { MailboxState } from './queries.ts';

export interface Stream {
  ownerId: string;
  /** The session, and thereby the browser, that the page belongs to. */
  sid: string;
  /** The page itself: it comes back under the same name when its connection was lost without a word. */
  page?: string | undefined;
  /** The list that it shows, and when that was read. */
  list?: List | undefined;
  madeAt?: number;
  res: Response;
  /** Reads what this page wants to know. */
  read(): Promise<MailboxState>;
}

export interface Streams {
  /** False when there are too many, in all or of this person. */
  add(stream: Stream): boolean;
  /** Tells the pages of these people how their mailboxes stand; all pages, when something may have been missed. */
  wake(notices?: Notice[]): void;
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
// Proxies and mobile networks close a connection on which nothing is said for a minute. A page that misses two of these
// knows that its connection is dead (public/live.js).
const heartbeatMs = 25_000;
// Writing to a client that is gone fails only after a quarter of an hour (TCP), and behind a proxy perhaps never. A page
// that is still there comes back by itself.
const maxAgeMs = 10 * 60_000;
const recentMs = 60_000;
// After a restart of PostgreSQL all pages are told anew: so many at a time, not all at once.
const readsAtOnce = 2;

/** What is known of a stream beside what its page asked for. */
interface OpenStream extends Stream {
  openedAt: number;
  /** Whether its list has changed since the page was told last. */
  isStale: boolean;
}

export function openStreams(onError: (error: Error) => void): Streams {
  const streams = new Map<string, Set<OpenStream>>();
  const toWake = new Set<OpenStream>();
  const recent = new RecentChanges();
  let count = 0;
  let reading = 0;
  let isClosed = false;

  const remove = (stream: OpenStream) => {
    const own = streams.get(stream.ownerId);
    if (!own?.delete(stream)) return;
    toWake.delete(stream);
    count -= 1;
    if (own.size === 0) streams.delete(stream.ownerId);
  };

  const end = (stream: OpenStream, lastWords?: string) => {
    remove(stream);
    stream.res.end(lastWords);
  };
  const say = ({ res }: Stream, event: string, data: object) => {
    if (res.writableEnded) return; // it ended while its mailbox was read
    if (res.writableLength > backlogLimit) res.destroy();
    else res.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const tell = async (stream: OpenStream): Promise<void> => {
    const { isStale } = stream;
    stream.isStale = false;
    try {
      const { isSignedIn, unread, fresh } = await stream.read();
      if (isSignedIn) say(stream, 'mailbox', { unread, fresh, isStale });
      else stream.res.end('event: signed-out\ndata: {}\n\n');
    } catch (error) {
      onError(error as Error);
      stream.isStale ||= isStale;
      setTimeout(() => streams.get(stream.ownerId)?.has(stream) && wakeUp(stream), retryMs).unref();
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
  const wakeUp = (stream: OpenStream, hasChanged = false) => {
    stream.isStale ||= hasChanged;
    toWake.add(stream);
    work();
  };
  const wake = (notices?: Notice[]) => {
    if (isClosed) return;
    if (!notices) recent.lose();
    for (const notice of notices ?? []) recent.add(notice);
    for (const { ownerId, change } of notices ?? everybody())
      for (const stream of streams.get(ownerId) ?? []) wakeUp(stream, concerns(change, stream.list));
  };
  const everybody = () => [...streams.keys()].map((ownerId) => ({ ownerId, change: 'messages' as const }));

  const heartbeat = setInterval(() => {
    recent.forget(recentMs);
    const now = Date.now();
    for (const stream of [...streams.values()].flatMap((own) => [...own])) {
      if (now - stream.openedAt > maxAgeMs) end(stream);
      else say(stream, 'beat', { at: now - heartbeatMs });
    }
  }, heartbeatMs);
  heartbeat.unref();

  return {
    add: (asked) => {
      const { ownerId, sid, page, list, madeAt = 0 } = asked;
      const isStale = recent.isStale(ownerId, list, madeAt);
      const stream: OpenStream = { ...asked, openedAt: Date.now(), isStale };
      for (const old of streams.get(ownerId) ?? [])
        if (page && old.page === page && old.sid === sid) end(old); // its client is gone
      const own = streams.get(ownerId) ?? new Set();
      const siblings = [...own].filter((other) => other.sid === sid);
      if (siblings.length >= streamsOfBrowser) end(siblings[0]!, 'event: paused\ndata: {}\n\n');
      if (isClosed || count >= streamLimit || own.size >= streamsOfOne) return false;
      streams.set(ownerId, own.add(stream));
      count += 1;
      stream.res.on('close', () => remove(stream));
      wakeUp(stream);
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

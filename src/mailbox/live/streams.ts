// The event streams of open pages, one each (server-sent events, HTML standard 9.2).
import type { Response } from 'express';
import { concerns, RecentChanges, type List, type Notice } from './changes.ts';
import type { MailboxState } from './queries.ts';

export interface Stream {
  ownerId: string;
  sid: string;
  /** Id of the page, which it keeps when it reconnects after a silent connection loss. */
  page?: string | undefined;
  list?: List | undefined;
  madeAt?: number;
  res: Response;
  read(): Promise<MailboxState>;
}

export interface Streams {
  add(stream: Stream): boolean;
  /** Sends these users' pages the state of their mailbox; all pages, when notices may have been missed. */
  wake(notices?: Notice[]): void;
  count(): number;
  close(): void;
}

/** Per process. A stream takes about 35 kB of memory; a user's pages beyond 20 get no updates. */
export const maxStreams = 5000;
export const maxStreamsOfPerson = 20;
// Browsers open six HTTP/1.1 connections per site: six streams would block the next page. The oldest page pauses.
export const maxStreamsOfBrowser = 4;
// Bytes buffered for a client that does not read them.
const maxBacklog = 8192;
const retryMs = 2000;
// Proxies and mobile networks cut connections idle for a minute. After two missed beats a page reconnects (live.js).
const heartbeatMs = 25_000;
// Writing to a client that is gone fails after 15 minutes (TCP), behind a proxy perhaps never; live pages reconnect.
const maxAgeMs = 10 * 60_000;
const recentMs = 60_000;
// After a restart of PostgreSQL all pages are refreshed, so many at a time.
const readsAtOnce = 2;

interface OpenStream extends Stream {
  openedAt: number;
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
    if (res.writableEnded) return; // ended while the mailbox was read
    if (res.writableLength > maxBacklog) res.destroy();
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
      if (siblings.length >= maxStreamsOfBrowser) end(siblings[0]!, 'event: paused\ndata: {}\n\n');
      if (isClosed || count >= maxStreams || own.size >= maxStreamsOfPerson) return false;
      streams.set(ownerId, own.add(stream));
      count += 1;
      stream.res.on('close', () => remove(stream));
      wakeUp(stream);
      return true;
    },
    wake,
    count: () => count,
    close: () => {
      isClosed = true;
      toWake.clear();
      clearInterval(heartbeat);
      for (const own of streams.values()) for (const { res } of own) res.end();
    },
  };
}

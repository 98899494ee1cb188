// The log: JSON lines about events, never about content.
import { randomUUID } from 'node:crypto';
import { constants, fstatSync, openSync } from 'node:fs';
import type { Request, RequestHandler } from 'express';
import pino from 'pino';

export type Log = pino.Logger;

export function createLog(level: string, destination: pino.DestinationStream = standardOutput()): Log {
  const options = {
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: describeError },
  };
  return pino(options, destination);
}

export const maxWaitingBytes = 4_000_000; // for a stalled reader; beyond it lines are dropped and counted

function standardOutput(): pino.DestinationStream {
  let isLastFlush = false;
  let dropped = 0;
  const destination = pino.destination({
    dest: openedWithoutBlocking(1),
    sync: false,
    minLength: 8192, // a write per line would cost a tenth of a page
    maxLength: maxWaitingBytes,
    retryEAGAIN: () => !isLastFlush,
  });
  const flushSync = destination.flushSync.bind(destination);
  // Runs before exit and after a fatal error: a pipe that nobody reads must not block it.
  destination.flushSync = () => {
    isLastFlush = true;
    try {
      flushSync();
    } catch {
      // The reader is gone or stalled.
    }
    isLastFlush = false;
  };
  destination.on('drop', () => (dropped += 1));
  destination.on('drain', () => {
    if (dropped > 0) destination.write(`${JSON.stringify({ time: new Date(), droppedLines: dropped })}\n`);
    dropped = 0;
  });
  setInterval(() => destination.flush(), 250).unref();
  return destination;
}

// A write to a full pipe blocks a thread, and so the exit. Reopening it sets O_NONBLOCK for us alone.
function openedWithoutBlocking(fd: number): number {
  try {
    if (fstatSync(fd).isFIFO())
      return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    // Another user owns it, or there is no /proc.
  }
  return fd;
}

export function flushLog(log: Log, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms, false); // resolves to false: not flushed in time
    log.flush(() => resolve(true));
  });
}

// Drops messages that may quote data: PostgreSQL's hold row values, EJS's the page, connection errors the host.
function describeError(error: Error & { code?: unknown; severity?: unknown; syscall?: unknown }): object {
  const isOfConnection = ['connect', 'getaddrinfo'].includes(String(error.syscall)) || isOfTls(error.code);
  const isQuoting = error.severity !== undefined || error.name.includes('EJS') || isOfConnection;
  const stack = error.stack?.slice(error.stack.indexOf('\n    at ') + 1);
  return {
    type: error.name,
    code: error.code,
    message: isQuoting ? undefined : firstLine(error.message),
    stack,
    causes: error instanceof AggregateError ? error.errors.map(describeError) : undefined,
  };
}

function isOfTls(code: unknown): boolean {
  return /^(ERR_TLS|ERR_SSL)_|CERT/.test(String(code));
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!.slice(0, 200);
}

export function logRequests(log: Log): RequestHandler {
  return (req, res, next) => {
    const startedAt = performance.now();
    req.id = randomUUID();
    res.on('close', () => {
      log.info({
        request: req.id,
        method: req.method,
        route: routeOf(req), // never the URL, which may hold private text
        status: res.statusCode,
        ms: Math.round((performance.now() - startedAt) * 10) / 10,
        user: req.user?.id ?? req.signingIn,
        aborted: res.writableFinished ? undefined : true,
      });
    });
    next();
  };
}

/** Not the list of addresses that members share (app.ts). */
export function routeOf({ route, baseUrl }: Request): string | undefined {
  return typeof route?.path === 'string' ? baseUrl + route.path : undefined;
}

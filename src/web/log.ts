// The log: JSON lines about what happened, never about what was said.
import { randomUUID } from 'node:crypto';
import { constants, fstatSync, openSync } from 'node:fs';
import type { NextFunction, Request, Response } from 'express';
import pino from 'pino';

export type Log = pino.Logger;

/** A logger that writes JSON lines, to standard output unless told otherwise. */
export function createLog(level: string, destination: pino.DestinationStream = standardOutput()): Log {
  const options = {
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: describeError },
  };
  return pino(options, destination);
}

// What may wait for a reader who has stopped. Beyond it lines are dropped, and their number is logged.
const maxWaitingBytes = 4_000_000;

/** Lines are gathered: a write for each would cost a tenth of a page. They wait for a quarter of a second at most. */
function standardOutput(): pino.DestinationStream {
  let isLastFlush = false;
  let dropped = 0;
  const destination = pino.destination({
    dest: openedWithoutBlocking(1),
    sync: false,
    minLength: 8192,
    maxLength: maxWaitingBytes,
    retryEAGAIN: () => !isLastFlush,
  });
  const flushSync = destination.flushSync.bind(destination);
  // Before the process ends, and after a fatal error: a pipe that nobody reads must not keep it.
  destination.flushSync = () => {
    isLastFlush = true;
    try {
      flushSync();
    } catch {
      // Nobody reads it.
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

/**
 * Writing to a full pipe holds a thread until somebody reads, and the process cannot end before. A pipe is opened anew,
 * so that other processes that write to it are not affected.
 */
function openedWithoutBlocking(fd: number): number {
  try {
    if (fstatSync(fd).isFIFO())
      return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    // It belongs to somebody else, or there is no /proc.
  }
  return fd;
}

/** Waits until everything is written; false when that takes longer than this many milliseconds. */
export function flushLog(log: Log, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms, false);
    log.flush(() => resolve(true));
  });
}

/**
 * Name, code and stack, and of the message only what cannot quote anybody: PostgreSQL's messages and details hold
 * values of rows, template errors hold the page, and those of a connection the host in DATABASE_URL.
 */
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

/** Gives each request an id and writes one line when it is over: the route's pattern, not the address with its words. */
export function logRequests(log: Log) {
  return (req: Request, res: Response, next: NextFunction): void => {
    const startedAt = performance.now();
    req.id = randomUUID();
    res.on('close', () => {
      log.info({
        request: req.id,
        method: req.method,
        route: req.route ? req.baseUrl + req.route.path : undefined,
        status: res.statusCode,
        ms: Math.round((performance.now() - startedAt) * 10) / 10,
        user: req.user?.id ?? req.signingIn,
        aborted: res.writableFinished ? undefined : true,
      });
    });
    next();
  };
}

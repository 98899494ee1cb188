// Pool of worker threads that read files: few, of low priority, and bounded in memory and time.
import { Worker } from 'node:worker_threads';
import { createLimiter } from '../../concurrency/limiter.ts';
import type { ReaderReply, ReaderRequest } from './reader-thread.ts';
import { Unreadable } from './unreadable.ts';

export const maxReaders = 2; // per process; each can take a core
// Idle threads are kept for a while: starting one costs more than reading a small file.
const idleMs = 10_000;

export interface ReaderLimits {
  heapMb: number;
  stepMs: number;
  fileMs: number;
}

export const readerLimits: ReaderLimits = { heapMb: 256, stepMs: 60_000, fileMs: 15 * 60_000 };

export interface Reader {
  /** Rejects with the signal's reason, or with Unreadable when a limit is exceeded. */
  ask(request: ReaderRequest, signal: AbortSignal): Promise<ReaderReply>;
  release(): void;
  end(): Promise<void>;
}

const limit = createLimiter(maxReaders);
interface Idle {
  worker: Worker;
  timer: NodeJS.Timeout;
  onEnd: () => void;
}
const idle: Idle[] = [];

/** Resolves when a thread is free; it is taken until release() or end(). Only default limits allow reuse. */
export function takeReader(limits = readerLimits): Promise<Reader> {
  return new Promise((resolve) => {
    void limit(async () => {
      const worker = (limits === readerLimits && takeIdle()) || startWorker(limits);
      await new Promise<void>((free) => resolve(readerOf(worker, limits, free)));
    });
  });
}

function takeIdle(): Worker | undefined {
  const last = idle.pop();
  if (!last) return undefined;
  forget(last);
  last.worker.ref();
  return last.worker;
}

function keepIdle(worker: Worker): void {
  const end = () => {
    forget(entry);
    void worker.terminate();
  };
  const entry = { worker, timer: setTimeout(end, idleMs).unref(), onEnd: end };
  worker.unref();
  worker.once('error', end);
  idle.push(entry);
}

function forget(entry: Idle): void {
  const index = idle.indexOf(entry);
  if (index >= 0) idle.splice(index, 1);
  clearTimeout(entry.timer);
  entry.worker.off('error', entry.onEnd);
}

function startWorker({ heapMb }: ReaderLimits): Worker {
  return new Worker(new URL('./reader-thread.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
    env: {}, // no secrets where untrusted files are parsed
    stdin: false,
  });
}

function readerOf(worker: Worker, limits: ReaderLimits, free: () => void): Reader {
  let waitedMs = 0;
  return {
    async ask(request, signal) {
      const since = performance.now();
      const limitMs = Math.min(limits.stepMs, limits.fileMs - waitedMs);
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      worker.postMessage(request);
      const reply = await answerOf(worker, limitMs, signal);
      waitedMs += performance.now() - since;
      return reply;
    },
    release() {
      if (limits === readerLimits) keepIdle(worker);
      else void worker.terminate();
      free();
    },
    async end() {
      await worker.terminate();
      free();
    },
  };
}

function answerOf(worker: Worker, limitMs: number, signal: AbortSignal): Promise<ReaderReply> {
  const { promise, resolve, reject } = Promise.withResolvers<ReaderReply>();
  const onError = (error: NodeJS.ErrnoException) =>
    reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooMuch('memory') : error);
  const onExit = () => reject(new Error('The thread that read a file has ended.'));
  const onAbort = () => reject(signal.reason as Error);
  const timer = setTimeout(() => reject(tooMuch('time')), limitMs);
  worker.once('message', resolve);
  worker.once('error', onError);
  worker.once('exit', onExit);
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  return promise.finally(() => {
    clearTimeout(timer);
    worker.off('message', resolve);
    worker.off('error', onError);
    worker.off('exit', onExit);
    signal.removeEventListener('abort', onAbort);
  });
}

function tooMuch(what: string): Unreadable {
  return new Unreadable(
    `This file takes too much ${what} to read. Split it, and import one part after the other.`,
  );
}

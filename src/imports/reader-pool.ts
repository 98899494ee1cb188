// The threads that read files: few, of low priority, and bounded in memory and time. They are kept for a while, since
// starting one costs more than reading a small file.
import { Worker } from 'node:worker_threads';
import { createTurns } from '../turns.ts';
import type { ReaderReply, ReaderRequest } from './reader-thread.ts';
import { Unreadable } from './unreadable.ts';

/** In this process. Each can take a core, and the rest of it at most this much memory, in MB. */
export const maxReaders = 2;
const maxHeapMb = 256;
const idleMs = 10_000;
/** How long a file may be read without anything coming of it, and how long all in all. */
const limits = { stepMs: 60_000, fileMs: 15 * 60_000 };

export interface Reader {
  /** Sends a request, and waits for what comes of it. Rejects with the signal's reason. */
  ask(request: ReaderRequest, signal: AbortSignal): Promise<ReaderReply>;
  giveBack(): void;
  end(): Promise<void>;
}

const turns = createTurns(maxReaders);
interface Idle {
  worker: Worker;
  timer: NodeJS.Timeout;
  onEnd: () => void;
}
const idle: Idle[] = [];

/** A thread, as soon as one is free; it is taken until it is given back or ended. */
export function takeReader(): Promise<Reader> {
  return new Promise((resolve) => {
    void turns(async () => {
      const worker = takeIdle() ?? startWorker();
      await new Promise<void>((free) => resolve(readerOf(worker, free)));
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

function startWorker(): Worker {
  return new Worker(new URL('./reader-thread.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: maxHeapMb, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
    env: {}, // nothing in a mail needs a secret
    stdin: false,
  });
}

function readerOf(worker: Worker, free: () => void): Reader {
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
    giveBack() {
      keepIdle(worker);
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

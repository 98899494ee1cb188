// Reads the messages of a file in a worker thread, so that parsing never blocks a page.
import type { FileHandle } from 'node:fs/promises';
import type { Contacts } from '../contacts-record.ts';
import type { OwnCopy } from '../message-record.ts';
import type { ImportReport } from './import-report.ts';
import { takeReader, type ReaderLimits } from './reader-pool.ts';
import { inSteps } from './steps.ts';
import { Unreadable } from './unreadable.ts';

export interface ReadOptions {
  report: ImportReport;
  contacts?: Contacts;
  signal: AbortSignal;
  onProgress?: (bytesRead: number) => void;
  ownAddresses?: string[];
  limits?: ReaderLimits;
}

/** Yields batches. Throws Unreadable (damaged, unsupported, too costly to read), or the signal's reason. */
export async function* readMessages(
  file: FileHandle,
  { report, contacts, signal, onProgress = () => {}, ownAddresses = [], limits }: ReadOptions,
): AsyncGenerator<OwnCopy[]> {
  signal.throwIfAborted();
  const reader = await takeReader(limits);
  let isOver = false;
  try {
    let reply = await inSteps(() => reader.ask({ fd: file.fd, ownAddresses }, signal));
    for (;;) {
      onProgress(reply.bytesRead);
      if (reply.kind === 'batch') {
        if (reply.copies.length > 0) yield reply.copies;
        reply = await inSteps(() => reader.ask('next', signal));
        continue;
      }
      isOver = true;
      Object.assign(report, reply.report);
      if (reply.kind === 'end') {
        Object.assign(contacts ?? {}, reply.contacts);
        return;
      }
      throw reply.kind === 'unreadable' ? new Unreadable(reply.message) : new Error(reply.message);
    }
  } finally {
    // A thread in the middle of a file must end: the caller closes the file, and the thread cannot be reused.
    if (isOver) reader.release();
    else await reader.end();
  }
}

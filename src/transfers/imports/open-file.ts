// The messages in a file, read in a thread of its own: whatever is in it, no page waits for it.
import type { FileHandle } from 'node:fs/promises';
import type { OwnCopy } from '../message-record.ts';
import type { ImportReport } from './import-report.ts';
import { takeReader, type ReaderLimits } from './reader-pool.ts';
import { inSteps } from './steps.ts';
import { Unreadable } from './unreadable.ts';

export interface ReadOptions {
  /** Filled while the file is read. */
  report: ImportReport;
  signal: AbortSignal;
  /** Hears how many bytes of the file have been read. */
  onProgress?: (bytesRead: number) => void;
  /** Mail from these addresses counts as sent. */
  ownAddresses?: string[];
  limits?: ReaderLimits;
}

/**
 * The messages in a file, in batches: an export, a mailbox, a mail, or these in a zip. Throws Unreadable when the file is
 * damaged or something else, or takes too much, and soon after the signal its reason.
 */
export async function* readMessages(
  file: FileHandle,
  { report, signal, onProgress = () => {}, ownAddresses = [], limits }: ReadOptions,
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
      if (reply.kind === 'end') return;
      throw reply.kind === 'unreadable' ? new Unreadable(reply.message) : new Error(reply.message);
    }
  } finally {
    // One that is in the middle of a file cannot be used again, and must not read on: its file is closed now.
    if (isOver) reader.release();
    else await reader.end();
  }
}

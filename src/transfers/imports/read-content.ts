// Reads a file or zip entry by its detected format: JSON, mbox or eml, optionally gzipped.
import type { Contacts } from '../contacts-record.ts';
import type { OwnCopy } from '../message-record.ts';
import { asLines, gunzip, peek } from './byte-streams.ts';
import { refuseOtherKinds } from './file-kinds.ts';
import type { ImportReport } from './import-report.ts';
import { readJson } from './json-messages.ts';
import { readMbox } from './mbox-messages.ts';
import type { Unpacking } from './unpacking.ts';

export interface FileOptions {
  report: ImportReport;
  /** Filled by the account.json of an export. */
  contacts: Contacts;
  ownAddresses: ReadonlySet<string>;
  onProgress: (bytesRead: number) => void;
}

export interface Reading extends FileOptions {
  unpacking: Unpacking;
}

export async function* readContent(
  head: Buffer,
  all: AsyncIterable<Buffer>,
  reading: Omit<Reading, 'onProgress' | 'contacts'> & { isSent: boolean },
): AsyncGenerator<OwnCopy[]> {
  if (isGzip(head)) {
    const unpacked = await peek(gunzip(all, reading.unpacking));
    refuseOtherKinds(unpacked.head);
    yield* readLinesOf(unpacked.head, unpacked.all, reading);
  } else {
    refuseOtherKinds(head);
    yield* readLinesOf(head, all, reading);
  }
}

export function isGzip(head: Buffer): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

function readLinesOf(
  head: Buffer,
  all: AsyncIterable<Buffer>,
  reading: Omit<Reading, 'onProgress' | 'contacts'> & { isSent: boolean },
): AsyncGenerator<OwnCopy[]> {
  return head.toString('latin1', 0, 1) === '[' ? readJson(all) : readMbox(asLines(all, head), reading);
}

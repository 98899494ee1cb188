// What kind of file was chosen, and the messages in it.
/* oxlint-disable no-control-regex -- bytes, and escapes that stand in them */
import { fstat, read } from 'node:fs';
import { promisify } from 'node:util';
import type { OwnCopy } from '../message-record.ts';
import { asLines, gunzip, peek } from './byte-streams.ts';
import { refuseOtherKinds } from './file-kinds.ts';
import type { ImportReport } from './import-report.ts';
import { readJson } from './json-messages.ts';
import { readMbox } from './mbox-messages.ts';
import { readZip } from './read-zip.ts';
import { createUnpacking, type Unpacking } from './unpacking.ts';

const chunkLength = 65_536;

export interface FileOptions {
  report: ImportReport;
  ownAddresses: ReadonlySet<string>;
  /** Hears how many bytes of the file have been read. */
  onProgress: (bytesRead: number) => void;
}

export interface Reading extends FileOptions {
  unpacking: Unpacking;
}

/**
 * The messages in a file: the zip of an export, one of its two files with messages, a mailbox, a mail, or these in a zip.
 * Throws Unreadable when the file is damaged or something else.
 */
export async function* readFile(fd: number, options: FileOptions): AsyncGenerator<OwnCopy[]> {
  const { size } = await statOf(fd);
  const reading = { ...options, unpacking: createUnpacking(size) };
  const { head, all } = await peek(bytesOf(fd, reading.onProgress));
  if (/^PK(?:\x03\x04|\x05\x06|\x07\x08)/.test(head.toString('latin1', 0, 4))) yield* readZip(fd, reading);
  else yield* readContent(head, all, { ...reading, isSent: false });
}

/** The messages in a file, or in an entry of a zip. */
export async function* readContent(
  head: Buffer,
  all: AsyncIterable<Buffer>,
  reading: Omit<Reading, 'onProgress'> & { isSent: boolean },
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
  reading: Omit<Reading, 'onProgress'> & { isSent: boolean },
): AsyncGenerator<OwnCopy[]> {
  return head.toString('latin1', 0, 1) === '[' ? readJson(all) : readMbox(asLines(all, head), reading);
}

const readAt = promisify(read);
const statOf = promisify(fstat);

async function* bytesOf(fd: number, onProgress: (bytesRead: number) => void): AsyncGenerator<Buffer> {
  let position = 0;
  for (;;) {
    const { bytesRead, buffer } = await readAt(fd, Buffer.allocUnsafe(chunkLength), 0, chunkLength, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    onProgress(position);
    yield buffer.subarray(0, bytesRead);
  }
}

// Reads the messages of an import file: a zip, JSON, mbox or eml.
/* oxlint-disable no-control-regex -- the pattern matches raw bytes */
import { fstat, read } from 'node:fs';
import { promisify } from 'node:util';
import type { OwnCopy } from '../message-record.ts';
import { peek } from './byte-streams.ts';
import { readContent, type FileOptions } from './read-content.ts';
import { readZip } from './read-zip.ts';
import { createUnpacking } from './unpacking.ts';

const chunkLength = 65_536;

/** Yields the messages in batches. Throws Unreadable when the file is damaged or of another format. */
export async function* readFile(fd: number, options: FileOptions): AsyncGenerator<OwnCopy[]> {
  const { size } = await statOf(fd);
  const reading = { ...options, unpacking: createUnpacking(size) };
  const { head, all } = await peek(bytesOf(fd, reading.onProgress));
  if (/^PK(?:\x03\x04|\x05\x06|\x07\x08)/.test(head.toString('latin1', 0, 4))) yield* readZip(fd, reading);
  else yield* readContent(head, all, { ...reading, isSent: false });
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

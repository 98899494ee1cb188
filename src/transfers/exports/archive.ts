// A zip that is sent while it is made: never more of it in memory than the other side is about to take.
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';

export interface ArchiveFile {
  name: string;
  /** Its text in pieces, asked for when the piece before has left. */
  write: () => AsyncIterable<string>;
}

/**
 * Sends these files, one after the other; `beforeEnd` is done when all are read and before the other side has the last
 * byte. Rejects when one of them cannot be read, or when the signal or the other side
 * breaks it off; the file that was being read is told then (its generator returns).
 */
export async function sendArchive(
  files: ArchiveFile[],
  to: Writable,
  signal: AbortSignal,
  beforeEnd: () => Promise<void>,
): Promise<void> {
  const zip = new ZipFile();
  const out = zip.outputStream as Readable;
  let reading: Readable | undefined;
  zip.on('error', (error: Error) => out.destroy(error));
  for (const { name, write } of files) {
    const finish = name === files.at(-1)!.name ? beforeEnd : undefined;
    zip.addReadStreamLazy(name, {}, (begin) => {
      reading = Readable.from(encode(write(), finish), { objectMode: false });
      reading.on('error', (error) => zip.emit('error', error));
      begin(undefined, reading);
    });
  }
  zip.end();
  try {
    await pipeline(out, to, { signal });
  } finally {
    reading?.destroy();
  }
}

async function* encode(pieces: AsyncIterable<string>, finish?: () => Promise<void>): AsyncGenerator<Buffer> {
  for await (const piece of pieces) yield Buffer.from(piece);
  await finish?.();
}

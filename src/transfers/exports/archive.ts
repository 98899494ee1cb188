// Streams a zip archive with backpressure, so that memory use does not grow with its size.
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';

export interface ArchiveFile {
  name: string;
  write: () => AsyncIterable<string>;
}

/** `beforeEnd` runs before the last byte is sent. Rejects on a read error, an abort or a disconnect. */
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

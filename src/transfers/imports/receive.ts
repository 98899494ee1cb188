// The upload of an import: from the request onto the disk.
import type { FileHandle } from 'node:fs/promises';
import type { BusboyFileStream } from '@fastify/busboy';
import type { Heartbeat } from './heartbeat.ts';
import { spool } from './spool.ts';
import { Unreadable } from './unreadable.ts';
import { formOverhead, uploadLimit } from './upload.ts';

export interface Upload {
  userId: string;
  /** The key of the session that it came with. */
  sid: string;
  stream: BusboyFileStream;
  /** Of the whole form, in bytes; 0 when the browser does not say. */
  size: number;
  /** Hears of each chunk's length. */
  arrived: (bytes: number) => void;
  /** As they were typed, and one by one. */
  typedAddresses: string;
  ownAddresses: string[];
}

/** The file, whole. Throws Unreadable when it is none, and the reason of the heartbeat's signal soon after that. */
export async function receiveFile(
  { stream, size, arrived }: Upload,
  { progress, signal }: Heartbeat,
  folder: string,
): Promise<FileHandle> {
  if (size - formOverhead > uploadLimit) throw tooLarge();
  const stop = () => void stream.destroy(signal.reason as Error);
  signal.addEventListener('abort', stop);
  try {
    const file = await spool(stream, {
      folder,
      expected: size,
      arrived: (bytes) => {
        progress.bytesRead += bytes;
        arrived(bytes);
      },
    });
    const refusal = stream.truncated ? tooLarge() : progress.bytesRead === 0 ? empty() : undefined;
    if (!refusal) return file;
    await file.close();
    throw refusal;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function tooLarge(): Unreadable {
  return new Unreadable(`This file is larger than ${uploadLimit / 1e9} GB.`);
}

function empty(): Unreadable {
  return new Unreadable('Please choose a file that is not empty.');
}

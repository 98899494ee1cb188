// Receives the uploaded file of an import and spools it to disk.
import type { FileHandle } from 'node:fs/promises';
import type { BusboyFileStream } from '@fastify/busboy';
import type { Heartbeat } from './heartbeat.ts';
import { spool } from './spool.ts';
import { Unreadable } from './unreadable.ts';
import { formOverhead, maxUploadBytes } from './upload.ts';

export interface Upload {
  userId: string;
  sid: string;
  stream: BusboyFileStream;
  size: number;
  arrived: (bytes: number) => void;
  typedAddresses: string;
  ownAddresses: string[];
}

/** Throws Unreadable when the file is empty or too large, and the reason of the heartbeat's signal when aborted. */
export async function receiveFile(
  { stream, size, arrived }: Upload,
  { progress, signal }: Heartbeat,
  folder: string,
): Promise<FileHandle> {
  if (size - formOverhead > maxUploadBytes) throw tooLarge();
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
  return new Unreadable(`This file is larger than ${maxUploadBytes / 1e9} GB.`);
}

function empty(): Unreadable {
  return new Unreadable('Please choose a file that is not empty.');
}

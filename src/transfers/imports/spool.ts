// Spools an upload to an unlinked temporary file, so that nothing stays on disk, even after a crash.
import { randomUUID } from 'node:crypto';
import { mkdir, open, statfs, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { HttpError } from '../../web/errors.ts';

// Disk space kept free, since the database may be on the same disk: a tenth, at most 1 GB.
const reservedShare = 0.1;
const maxReserved = 1_000_000_000;

export interface SpoolOptions {
  folder: string;
  /** In bytes, if known: too large an upload is refused before it is sent. */
  expected?: number;
  arrived?: (bytes: number) => void;
}

/** Closing the returned file deletes it. Throws HttpError 503 when the disk is too full. */
export async function spool(
  stream: AsyncIterable<Buffer>,
  { folder, expected = 0, arrived = () => {} }: SpoolOptions,
): Promise<FileHandle> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await checkDisk(folder, expected);
  const path = join(folder, randomUUID());
  const file = await open(path, 'wx+', 0o600);
  try {
    await unlink(path);
    for await (const chunk of stream) {
      await file.writeFile(chunk); // appends; write() may write only a part of the chunk
      arrived(chunk.length);
      await checkDisk(folder, 0);
    }
    return file;
  } catch (error) {
    await file.close();
    const { code = '' } = error as NodeJS.ErrnoException;
    throw /^(ENOSPC|EDQUOT|EFBIG)$/.test(code) ? noRoom() : error;
  }
}

async function checkDisk(folder: string, bytes: number): Promise<void> {
  const { bavail, blocks, bsize } = await statfs(folder);
  if (bavail * bsize - bytes < Math.min(reservedShare * blocks * bsize, maxReserved)) throw noRoom();
}

function noRoom(): HttpError {
  return new HttpError(503, 'The server has no room for this file at the moment. Nothing was imported.', 60);
}

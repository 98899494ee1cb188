// A file on its way in: kept on disk under no name, so that nothing of it stays behind, whatever happens.
import { randomUUID } from 'node:crypto';
import { mkdir, open, statfs, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { HttpError } from '../../web/errors.ts';

// Of the disk, which the database may be on as well, this much stays free: a tenth, or a gigabyte of a large one.
const reservedShare = 0.1;
const maxReserved = 1_000_000_000;

export interface SpoolOptions {
  folder: string;
  /** What is about to come, in bytes, as far as it is known: refused before it has been sent. */
  expected?: number;
  /** Hears of each chunk's length. */
  arrived?: (bytes: number) => void;
}

/** Keeps a stream in a file. The caller closes it, and with that it is gone. */
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
      await file.writeFile(chunk); // from where it is; write() may put down less than it was given
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

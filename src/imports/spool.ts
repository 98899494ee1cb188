// A file on its way in: kept on disk under no name, so that nothing of it stays behind, whatever happens.
import { randomUUID } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HttpError } from '../web/errors.ts';

/** Keeps a stream in a file; `arrived` hears of each chunk's length. The caller closes it, and with that it is gone. */
export async function spool(
  stream: AsyncIterable<Buffer>,
  arrived: (bytes: number) => void,
): Promise<FileHandle> {
  const path = join(tmpdir(), `private-messages-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  try {
    await unlink(path);
    for await (const chunk of stream) {
      await file.writeFile(chunk); // from where it is; write() may put down less than it was given
      arrived(chunk.length);
    }
    return file;
  } catch (error) {
    await file.close();
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!/^(ENOSPC|EDQUOT|EFBIG)$/.test(code)) throw error;
    throw new HttpError(503, 'The server has no room for this file at the moment. Nothing was imported.', 60);
  }
}

// Checks an encrypted backup without its key: all bytes are as they were written. The content is not opened.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { reason } from '../database/embedded/data-folder.ts';
import { readFact, writeFact } from '../database/site-facts.ts';
import type { Database } from '../database/pool.ts';
import { StartupError } from '../startup-error.ts';
import { isWholeFile, maxHeaderBytes } from './age.ts';
import { databaseNow, type BackupCheckFact, type BackupFact } from './facts.ts';

/** Writes the fact. Throws a StartupError if the file is damaged. */
export async function checkEncrypted(db: Database, file: string): Promise<void> {
  const { bytes, sha256, start } = await readAll(file);
  const written = await findWritten(db, file);
  const isSame = !written || (written.bytes === bytes && written.sha256 === sha256);
  const failure = isSame && isWholeFile(start, bytes) ? null : `${file} is damaged: make another one.`;
  await writeFact(db, 'backup-check', {
    at: (await databaseNow(db)).toISOString(),
    file: basename(file),
    isCompared: written !== undefined,
    failure,
  } satisfies BackupCheckFact);
  if (failure) throw new StartupError(failure);
}

async function readAll(file: string): Promise<{ bytes: number; sha256: string; start: string }> {
  const sum = createHash('sha256');
  let bytes = 0;
  let start = '';
  try {
    for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
      sum.update(chunk);
      bytes += chunk.length;
      if (start.length < maxHeaderBytes) start += chunk.toString('latin1', 0, maxHeaderBytes);
    }
  } catch (error) {
    throw new StartupError(`${file} cannot be read: ${reason(error)}.`);
  }
  return { bytes, sha256: sum.digest('hex'), start };
}

/** What was written into this file, if this site made it last. */
async function findWritten(db: Database, file: string): Promise<BackupFact | undefined> {
  for (const name of ['nightly-backup', 'backup']) {
    const fact = await readFact<BackupFact>(db, name);
    if (fact?.value.sha256 && basename(fact.value.file) === basename(file)) return fact.value;
  }
  return undefined;
}

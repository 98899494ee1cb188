// Reads files as an import does, without a mailbox.
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OwnCopy } from '../../../src/transfers/message-record.ts';
import { emptyReport, inSentences, type ImportReport } from '../../../src/transfers/imports/import-report.ts';
import { readMessages } from '../../../src/transfers/imports/open-file.ts';
import { Unreadable } from '../../../src/transfers/imports/unreadable.ts';

export interface ReadResult {
  copies: OwnCopy[];
  report: ImportReport;
  said: string;
  /** Why it was refused; '' when it was not. */
  refusal: string;
  progress: number[];
}

export async function readPath(path: string, ownAddresses: string[] = []): Promise<ReadResult> {
  const file = await open(path);
  const report = emptyReport();
  const { signal } = new AbortController();
  const result: ReadResult = { copies: [], report, said: '', refusal: '', progress: [] };
  const onProgress = (bytes: number) => void result.progress.push(bytes);
  try {
    for await (const copies of readMessages(file, { report, signal, onProgress, ownAddresses }))
      result.copies.push(...copies);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    result.refusal = error.message;
  } finally {
    await file.close();
  }
  return { ...result, said: inSentences(report) };
}

export async function readBytes(bytes: Buffer | string, ownAddresses?: string[]): Promise<ReadResult> {
  const folder = await mkdtemp(join(tmpdir(), 'pm-reading-'));
  try {
    await writeFile(join(folder, 'file'), bytes);
    return await readPath(join(folder, 'file'), ownAddresses);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The text of the only message in it. */
export async function bodyOf(bytes: Buffer | string): Promise<string> {
  const { copies, refusal } = await readBytes(bytes);
  if (copies.length !== 1) throw new Error(`${copies.length} messages. ${refusal}`);
  return copies[0]!.body;
}

// What kind of file was chosen, and the messages in it.
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { fromFdPromise, type Entry, type ZipFile } from 'yauzl';
import type { OwnCopy } from '../exports/own-copy.ts';
import { readJson } from './json-messages.ts';
import { addToReport, type ImportReport } from './import-report.ts';
import { readMbox } from './mbox-messages.ts';
import { Unreadable } from './unreadable.ts';

const pieceSize = 65_536;
const entriesLimit = 20;
// In bytes: 200 drafts of the longest texts are 12 MB.
const accountLimit = 20_000_000;
/** In bytes. What unpacks to more is refused, however small it is itself. */
export const unpackedLimit = 4_000_000_000;

export interface ReadOptions {
  /** Filled while the file is read. */
  report: ImportReport;
  signal: AbortSignal;
  /** Hears how many bytes of the file have been read. */
  onProgress?: (bytesRead: number) => void;
  /** Mail from these addresses counts as sent. */
  ownAddresses?: string[];
}

/**
 * The messages in a file: the zip of an export, or one of its two files with messages. Everything else in a zip is passed
 * over. Throws Unreadable when the file is damaged or something else, and soon after the signal its reason.
 */
export async function* readMessages(
  file: FileHandle,
  { report, signal, onProgress = () => {} }: ReadOptions,
): AsyncGenerator<OwnCopy[]> {
  const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
  const beginning = buffer.toString('latin1');
  if (beginning === 'PK') yield* readZip(file, report, signal);
  else if (beginning.startsWith('[')) yield* readJson(bytesOf(file, signal, onProgress));
  else yield* readMbox(bytesOf(file, signal, onProgress), report);
}

async function* bytesOf(
  file: FileHandle,
  signal: AbortSignal,
  onProgress: (bytesRead: number) => void,
): AsyncGenerator<Buffer> {
  let position = 0;
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(pieceSize), 0, pieceSize, position);
    signal.throwIfAborted();
    if (bytesRead === 0) return;
    position += bytesRead;
    onProgress(position);
    yield buffer.subarray(0, bytesRead);
  }
}

async function* readZip(
  file: FileHandle,
  report: ImportReport,
  signal: AbortSignal,
): AsyncGenerator<OwnCopy[]> {
  const zip = await explained(fromFdPromise(file.fd, { strictFileNames: true }));
  const entries = await explained(listEntries(zip));
  const named = (name: string) => entries.filter(({ fileName }) => fileName === name);
  const json = named('messages.json');
  const mbox = named('mailbox.mbox');
  const [entry] = [...json, ...mbox];
  if (!entry) throw new Unreadable('There is no messages.json and no mailbox.mbox in this zip.');
  if (json.length > 1 || mbox.length > 1) throw new Unreadable('A file is in this zip twice.');
  const ours = new Set(['messages.json', 'mailbox.mbox', 'messages.html', 'account.json']);
  for (const { fileName } of entries) if (!ours.has(fileName)) addToReport(report, 'files', fileName);
  const [account] = named('account.json');
  const drafts = account ? await countDrafts(unpack(zip, account, signal)) : 0;
  if (drafts > 0) addToReport(report, 'drafts', '', drafts);
  const bytes = unpack(zip, entry, signal);
  yield* entry.fileName === 'messages.json' ? readJson(bytes) : readMbox(bytes, report);
}

async function listEntries(zip: ZipFile): Promise<Entry[]> {
  if (zip.entryCount > entriesLimit) throw new Unreadable('There are too many files in this zip.');
  const entries: Entry[] = [];
  for await (const entry of zip.eachEntry()) {
    if (entry.isEncrypted())
      throw new Unreadable('This zip is encrypted. Please choose one without a password.');
    if (entry.uncompressedSize > unpackedLimit) throw tooMuch();
    entries.push(entry);
  }
  return entries;
}

/** How many drafts account.json has; 0 when it is not as an export writes it, since nothing else of it is needed. */
async function countDrafts(source: AsyncIterable<Buffer>): Promise<number> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of source) {
    pieces.push(piece);
    if ((size += piece.length) > accountLimit) return 0;
  }
  try {
    const { drafts } = JSON.parse(Buffer.concat(pieces).toString()) as { drafts?: unknown };
    return Array.isArray(drafts) ? drafts.length : 0;
  } catch {
    return 0;
  }
}

/**
 * What is in a zip counts as it comes out, whatever the zip says about its size. Its checksum is compared at the end,
 * which its reader leaves to us: whoever writes what was read must be able to take it back.
 */
async function* unpack(zip: ZipFile, entry: Entry, signal: AbortSignal): AsyncGenerator<Buffer> {
  const stream = await explained(zip.openReadStreamPromise(entry));
  let size = 0;
  let sum = 0;
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  try {
    for (;;) {
      const next = await explained(chunks.next());
      signal.throwIfAborted();
      if (next.done && sum !== entry.crc32) throw damaged();
      if (next.done) return;
      size += next.value.length;
      if (size > unpackedLimit) throw tooMuch();
      sum = crc32(next.value, sum);
      yield next.value;
    }
  } finally {
    stream.destroy();
  }
}

function tooMuch(): Unreadable {
  return new Unreadable('This zip unpacks to more than 4 GB.');
}

function damaged(): Unreadable {
  return new Unreadable('This zip is damaged, or not all of it was there.');
}

/** What the zip's reader complains of, in words for a person. */
async function explained<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Unreadable) throw error;
    const isPath = /^(absolute path|invalid relative path|invalid characters in fileName)/.test(
      (error as Error).message,
    );
    if (!isPath) throw damaged();
    throw new Unreadable('A file in this zip has a name that leads out of it. No export makes such a zip.');
  }
}

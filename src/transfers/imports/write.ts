// Writes what a file holds into one mailbox: all of it, or nothing.
import type { FileHandle } from 'node:fs/promises';
import type { Pool } from '../../database/pool.ts';
import { transaction } from '../../database/transaction.ts';
import type { OwnCopy } from '../message-record.ts';
import { bytesInWords, countBeyond, type Quota } from '../../mailbox/quota.ts';
import type { Heartbeat } from './heartbeat.ts';
import { emptyReport, type ImportReport } from './import-report.ts';
import { finishImport, mayContinue, type JobKey } from './job-queries.ts';
import { readMessages } from './open-file.ts';
import { countHeld, countKnown, insertCopies } from './queries.ts';
import { inSteps } from './steps.ts';
import { Unreadable } from './unreadable.ts';

// For one statement, which has to index all their words in time.
const batch = { messages: 100, characters: 100_000 };

/** A file that has arrived, and the import that it is for. */
export interface SpooledFile {
  file: FileHandle;
  /** In bytes. */
  size: number;
  ownAddresses: string[];
  key: JobKey;
  heartbeat: Heartbeat;
}

/**
 * Reads the whole file once, before anything is written. Throws Unreadable when it cannot be read to its end, or when
 * there is no room for all of it; a file is not read on then, since very many mails fit into a small one.
 */
export async function checkMessages(pool: Pool, limits: Quota, spooled: SpooledFile): Promise<void> {
  const { key, size } = spooled;
  const { progress } = spooled.heartbeat;
  Object.assign(progress, { bytesRead: 0, bytesTotal: size });
  await spooled.heartbeat.enter('reading');
  const held = await countHeld(pool, key.userId);
  const room = { messages: limits.messages - held.messages, bytes: limits.bytes - held.bytes };
  const added = { messages: 0, bytes: 0 };
  for await (const copies of inBatches(spooled, emptyReport())) {
    progress.messagesTotal += copies.length;
    const known = await inSteps(() => countKnown(pool, key.userId, copies));
    added.messages += copies.length - known.messages;
    added.bytes += bytesOf(copies) - known.bytes;
    if (added.messages > room.messages) throw tooMany(room.messages);
    if (added.bytes > room.bytes) throw tooLarge(room.bytes);
  }
}

/**
 * Writes them, in one transaction: whatever breaks it off, also the end of the process, PostgreSQL takes all of it back.
 * Others can write to this mailbox meanwhile, so its room is counted once more at the end. The result is committed
 * together with the messages.
 */
export async function writeMessages(pool: Pool, limits: Quota, spooled: SpooledFile): Promise<void> {
  const { key, heartbeat } = spooled;
  await heartbeat.enter('writing');
  await transaction(pool, async (db) => {
    // Between two batches a file with large attachments may be read for a while, and others take their steps.
    await db.query(
      `set local idle_in_transaction_session_timeout = '60s'; set local statement_timeout = '90s'`,
    );
    const report = emptyReport();
    let total = 0;
    let added = 0;
    let bytes = 0;
    for await (const copies of inBatches(spooled, report)) {
      total += copies.length;
      bytes += bytesOf(copies);
      added += await inSteps(() => insertCopies(db, key.userId, copies));
      heartbeat.progress.messagesWritten = total;
      // Asked again and again: deleting the account waits for this transaction.
      if (!(await mayContinue(db, key))) throw heartbeat.stopped();
    }
    const beyond = await countBeyond(db, key.userId, limits);
    if (beyond.messages > 0 && added > 0) throw tooMany(added - beyond.messages);
    if (beyond.bytes > 0 && added > 0) throw tooLarge(bytes - beyond.bytes);
    heartbeat.signal.throwIfAborted();
    if (!(await finishImport(db, key, { outcome: 'imported', total, added, report })))
      throw heartbeat.stopped();
  });
}

/** The messages of a file in batches of a size that suits PostgreSQL. */
async function* inBatches(
  { file, ownAddresses, heartbeat }: SpooledFile,
  report: ImportReport,
): AsyncGenerator<OwnCopy[]> {
  const { signal, progress } = heartbeat;
  const onProgress = (bytesRead: number) => void (progress.bytesRead = bytesRead);
  let group: OwnCopy[] = [];
  let characters = 0;
  for await (const copies of readMessages(file, { report, signal, onProgress, ownAddresses })) {
    for (const copy of copies) {
      characters += copy.body.length;
      if (group.push(copy) < batch.messages && characters < batch.characters) continue;
      yield group;
      signal.throwIfAborted();
      group = [];
      characters = 0;
    }
  }
  if (group.length > 0) yield group;
}

function bytesOf(copies: OwnCopy[]): number {
  return copies.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);
}

function tooLarge(room: number): Unreadable {
  return new Unreadable(
    `Your mailbox has room for ${bytesInWords(Math.max(0, room))} more, and the messages in this file take more.`,
  );
}

function tooMany(room: number): Unreadable {
  return new Unreadable(
    `Your mailbox has room for ${Math.max(0, room).toLocaleString('en')} more messages, and in this file are more.`,
  );
}

// Writes what a file holds into one mailbox: all of it, or nothing.
import type { FileHandle } from 'node:fs/promises';
import type { Pool } from '../database/pool.ts';
import { transaction } from '../database/transaction.ts';
import type { OwnCopy } from '../exports/own-copy.ts';
import { findRun } from '../exports/queries.ts';
import { countBeyond } from '../mailbox/sizes.ts';
import { HttpError } from '../web/errors.ts';
import { hasSession } from '../web/session-queries.ts';
import { emptyReport, type ImportReport } from './import-report.ts';
import { readMessages } from './open-file.ts';
import { countHeld, countKnown, insertCopies, isOnlyImport } from './queries.ts';
import { Unreadable } from './unreadable.ts';

// For one statement, which has to index all their words in time.
const batch = { messages: 100, characters: 100_000 };

export interface Imported {
  /** In the file, and of these the ones that were not in the mailbox yet. */
  total: number;
  added: number;
  report: ImportReport;
}

/** The mailbox that a file is for, and how many messages it may hold. */
export interface Mailbox {
  ownerId: string;
  limit: number;
}

/** A file that has arrived, and until when somebody waits for what becomes of it. */
export interface Upload {
  file: FileHandle;
  signal: AbortSignal;
}

/**
 * Reads the whole file once, before anything is written. Throws Unreadable when it cannot be read to its end, or when
 * there is no room for all of it; a file is not read on then, since very many mails fit into a small one.
 */
export async function checkMessages(pool: Pool, { ownerId, limit }: Mailbox, upload: Upload): Promise<void> {
  const room = limit - (await countHeld(pool, ownerId));
  let added = 0;
  for await (const copies of inBatches(upload, emptyReport())) {
    added += copies.length - (await countKnown(pool, ownerId, copies));
    if (added > room) throw tooMany(room);
  }
}

/**
 * Writes them, in one transaction: whatever breaks it off, also the end of the process, PostgreSQL takes all of it back.
 * Others can write to this mailbox meanwhile, so its room is counted once more at the end; and the session must last.
 */
export function writeMessages(
  pool: Pool,
  { ownerId, limit }: Mailbox,
  sid: string,
  upload: Upload,
): Promise<Imported> {
  return transaction(pool, async (db) => {
    // Between two batches a file with large attachments may be read for a while.
    await db.query(
      `set local idle_in_transaction_session_timeout = '60s'; set local statement_timeout = '20s'`,
    );
    if (!(await isOnlyImport(db, ownerId)))
      throw new Unreadable('Another import of yours is being written. Try again when it is done.');
    // It reads the mailbox several times, and what is imported has old ids: its files would differ.
    if (await findRun(db, ownerId))
      throw new Unreadable('An export of yours is being made. Try again when you have the whole file.');
    // Looked at again and again: whoever leaves, or is signed out, must not have to wait for the end of a large file.
    const staySignedIn = async () => {
      if (!(await hasSession(db, ownerId, sid)))
        throw new HttpError(403, 'You have been signed out meanwhile. Nothing was imported.');
    };
    const report = emptyReport();
    const imported = { total: 0, added: 0, report };
    for await (const copies of inBatches(upload, report)) {
      imported.total += copies.length;
      imported.added += await insertCopies(db, ownerId, copies);
      await staySignedIn();
    }
    const beyond = await countBeyond(db, ownerId, limit);
    if (beyond > 0 && imported.added > 0) throw tooMany(imported.added - beyond);
    await staySignedIn();
    return imported;
  });
}

/** The messages of a file in batches of a size that suits PostgreSQL. */
async function* inBatches({ file, signal }: Upload, report: ImportReport): AsyncGenerator<OwnCopy[]> {
  let group: OwnCopy[] = [];
  let characters = 0;
  for await (const copies of readMessages(file, { report, signal })) {
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

function tooMany(room: number): Unreadable {
  return new Unreadable(
    `Your mailbox has room for ${Math.max(0, room).toLocaleString('en')} more messages, and in this file are more.`,
  );
}

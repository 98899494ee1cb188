// Writes the messages of a file into one mailbox, in one transaction.
import type { FileHandle } from 'node:fs/promises';
import type { Database, Pool } from '../../database/pool.ts';
import { transaction } from '../../database/transaction.ts';
import type { Contacts } from '../contacts-record.ts';
import type { OwnCopy } from '../message-record.ts';
import { acceptAll, block, listPeople } from '../../mailbox/contacts/queries.ts';
import { countBeyond } from '../../mailbox/quota.ts';
import { bytesInWords } from '../../in-words.ts';
import type { Quota } from '../../mailbox/usage.ts';
import type { Heartbeat } from './heartbeat.ts';
import { addToReport, emptyReport, type ImportReport } from './import-report.ts';
import { finishImport, mayContinue, type JobKey } from './job-queries.ts';
import { readMessages } from './open-file.ts';
import { countHeld, countKnown, insertCopies } from './queries.ts';
import { inSteps } from './steps.ts';
import { Unreadable } from './unreadable.ts';

// Per statement, which has to index all the words within its timeout.
const batch = { messages: 100, characters: 100_000 };

export interface SpooledFile {
  file: FileHandle;
  size: number; // bytes
  ownAddresses: string[];
  key: JobKey;
  heartbeat: Heartbeat;
}

/** Dry run. Throws Unreadable, as soon as it is over quota: a small file can hold very many mails. */
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

/** Any failure, even a crash, rolls back messages and result. Rechecks the quota, since others may write meanwhile. */
export async function writeMessages(pool: Pool, limits: Quota, spooled: SpooledFile): Promise<void> {
  const { key, heartbeat } = spooled;
  await heartbeat.enter('writing');
  await transaction(pool, async (db) => {
    // Gaps between batches can be long: reading large attachments, and the steps of other imports.
    await db.query(
      `set local idle_in_transaction_session_timeout = '60s'; set local statement_timeout = '90s'`,
    );
    const report = emptyReport();
    const contacts: Contacts = { accepted: [], blocked: [] };
    let total = 0;
    let added = 0;
    let bytes = 0;
    for await (const copies of inBatches(spooled, report, contacts)) {
      total += copies.length;
      bytes += bytesOf(copies);
      added += await inSteps(() => insertCopies(db, key.userId, copies));
      heartbeat.progress.messagesWritten = total;
      // Checked after each batch: deleting the account waits for this transaction.
      if (!(await mayContinue(db, key))) throw heartbeat.stopped();
    }
    const beyond = await countBeyond(db, key.userId, limits);
    if (beyond.messages > 0 && added > 0) throw tooMany(added - beyond.messages);
    if (beyond.bytes > 0 && added > 0) throw tooLarge(bytes - beyond.bytes);
    await takeOverContacts(db, key.userId, contacts, report);
    heartbeat.signal.throwIfAborted();
    if (!(await finishImport(db, key, { outcome: 'imported', total, added, report })))
      throw heartbeat.stopped();
  });
}

async function* inBatches(
  { file, ownAddresses, heartbeat }: SpooledFile,
  report: ImportReport,
  contacts?: Contacts,
): AsyncGenerator<OwnCopy[]> {
  const { signal, progress } = heartbeat;
  const onProgress = (bytesRead: number) => void (progress.bytesRead = bytesRead);
  let group: OwnCopy[] = [];
  let characters = 0;
  for await (const copies of readMessages(file, { report, contacts, signal, onProgress, ownAddresses })) {
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

/** Usernames of this site, as in its exports; on another site, the report says whom it has blocked. */
async function takeOverContacts(
  db: Database,
  ownerId: string,
  { accepted, blocked }: Contacts,
  report: ImportReport,
): Promise<void> {
  const found = await listPeople(db, ownerId, [...accepted, ...blocked]);
  const among = (names: string[]) => {
    const wanted = new Set(names);
    return found.filter(({ username }) => wanted.has(username));
  };
  // First, so that what a blocked person has asked is set aside, not accepted.
  for (const { id, username } of among(blocked))
    if (await block(db, ownerId, id)) addToReport(report, 'blocked', username);
  await acceptAll(
    db,
    ownerId,
    among(accepted).map(({ id }) => id),
  );
}

function bytesOf(copies: OwnCopy[]): number {
  return copies.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);
}

function tooLarge(room: number): Unreadable {
  return new Unreadable(
    `Your mailbox has room for ${bytesInWords(Math.max(0, room))} more, and the messages in this file need more.`,
  );
}

function tooMany(room: number): Unreadable {
  return new Unreadable(
    `Your mailbox has room for ${Math.max(0, room).toLocaleString('en')} more messages, and this file has more.`,
  );
}

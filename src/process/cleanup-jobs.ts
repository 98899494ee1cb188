// Cleanup jobs: remove expired rows hourly, in small batches, in one process at a time.
import { setTimeout as sleep } from 'node:timers/promises';
import { deleteBefore } from '../database/expiry.ts';
import { tryLock } from '../database/locks.ts';
import { asSystem } from '../database/owner.ts';
import type { Database, Pool } from '../database/pool.ts';
import { transaction } from '../database/transaction.ts';
import { forgetEndedDrafts } from '../mailbox/drafts/queries.ts';
import { forgetBrowsers } from '../accounts/devices/queries.ts';
import { deleteExpiredInvitations } from '../accounts/invitations/queries.ts';
import { listClosedAccounts, purgeAccount } from '../accounts/deletion/queries.ts';
import { forgetWarnings } from '../mailbox/quota.ts';
import { deleteExpiredReports } from '../mailbox/reports/queries.ts';
import { registrationsKeptFor } from '../accounts/registrations/ask.ts';
import { deleteExpiredRegistrations } from '../accounts/registrations/queries.ts';
import { deleteExpiredResetLinks } from '../accounts/reset-links/queries.ts';
import { deleteExpired } from '../mailbox/trash/queries.ts';
import { deleteOldBlocked } from '../mailbox/trays/queries.ts';
import { deleteExpiredSessions } from '../sessions/queries.ts';
import type { WebContext } from '../web/context.ts';
import { deleteExpiredNonces, maxNonceAge } from '../secrets/nonces.ts';
import { repeat } from './repeat.ts';

const hour = 60 * 60 * 1000;
const day = 24 * hour;
export const trashKeptFor = 30 * day;
export const blockedKeptFor = 30 * day;
export const sentFormsKeptFor = 91 * day; // a form older than any session (90 days) cannot be sent again
const browsersKnownFor = 365 * day;
export const deletionsKeptFor = 400 * day; // longer than the oldest of twelve monthly backups
export const reportsKeptFor = 90 * day; // after they were closed, or the reported account was deleted
const complaintsKeptFor = 31 * day; // they count for 30
const noncesKeptFor = 2 * maxNonceAge;
const batch = 500;
const pauseMs = 50;

/** Removes what is due, unless another process does; returns the row count without purged accounts. */
export function runCleanupJobs(pool: Pool, now = Date.now()): Promise<number> {
  return asSystem(() => removeDue(pool, now));
}

async function removeDue(pool: Pool, now: number): Promise<number> {
  const due = [
    (db: Database) => deleteExpired(db, new Date(now - trashKeptFor), batch),
    (db: Database) => deleteOldBlocked(db, new Date(now - blockedKeptFor), batch),
    (db: Database) => deleteExpiredSessions(db, new Date(now), batch),
    (db: Database) => forgetSentForms(db, new Date(now - sentFormsKeptFor)),
    (db: Database) => forgetEndedDrafts(db, new Date(now - sentFormsKeptFor), batch),
    (db: Database) => forgetBrowsers(db, new Date(now - browsersKnownFor), batch),
    (db: Database) => deleteExpiredResetLinks(db, new Date(now), batch),
    (db: Database) => deleteExpiredInvitations(db, new Date(now), batch),
    (db: Database) => deleteExpiredRegistrations(db, new Date(now - registrationsKeptFor), batch),
    (db: Database) => deleteExpiredReports(db, new Date(now - reportsKeptFor), batch),
    (db: Database) => forgetComplaints(db, new Date(now - complaintsKeptFor)),
    (db: Database) => forgetDeletions(db, new Date(now - deletionsKeptFor)),
    (db: Database) => deleteExpiredNonces(db, new Date(now - noncesKeptFor), batch),
  ];
  let removed = 0;
  for (const remove of due) {
    for (;;) {
      const count = await transaction(pool, async (db) => ((await tryLock(db, 'cleanup')) ? remove(db) : 0));
      removed += count;
      if (count < batch) break;
      await sleep(pauseMs);
    }
  }
  for (const userId of await listClosedAccounts(pool)) await purgeAccount(pool, userId);
  return removed;
}

function forgetDeletions(db: Database, before: Date): Promise<number> {
  return deleteBefore(db, { table: 'deletions', key: 'owner_id, id', time: 'deleted_at' }, before, batch);
}

function forgetComplaints(db: Database, before: Date): Promise<number> {
  return deleteBefore(db, { table: 'complaints', key: 'owner_id, day', time: 'day' }, before, batch);
}

function forgetSentForms(db: Database, before: Date): Promise<number> {
  return deleteBefore(db, { table: 'sent_forms', key: 'owner_id, digest', time: 'sent_at' }, before, batch);
}

export function startCleanupJobs({ config, pool, log }: WebContext): { close(): void } {
  const run = async (): Promise<void> => {
    await runCleanupJobs(pool);
    await asSystem(() => forgetWarnings(pool, config.mailbox));
  };
  return repeat(log, run, { everyMs: hour });
}

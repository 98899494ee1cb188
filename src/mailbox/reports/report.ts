// Reports a message: stores it as it is with the reporter's words, once, and tells the administrators.
import { now } from '../../clock.ts';
import type { Database } from '../../database/pool.ts';
import { transaction } from '../../database/transaction.ts';
import { lowestIdAt, newId } from '../../ids.ts';
import type { Encryption } from '../../secrets/encryption.ts';
import { tellAdmins } from '../admin-notices.ts';
import { complainAbout } from '../contacts/complaints.ts';
import type { MailboxContext } from '../context.ts';
import { lockUsage } from '../usage.ts';
import { encryptContent } from './encrypted.ts';
import { countOwnReports, insertReport, findReportable, type Reportable } from './queries.ts';

export const maxReportsPerDay = 10;
export const maxOpenReports = 50;
const dayMs = 24 * 60 * 60 * 1000;

export type Reporting =
  | { kind: 'reported'; reportedId: string }
  | { kind: 'reported before' | 'too many' | 'too many open' | 'no such message' };

export async function reportMessage(
  ctx: MailboxContext,
  reporterId: string,
  messageId: string,
  words: string,
): Promise<Reporting> {
  const outcome = await transaction(ctx.pool, (db) =>
    store(db, ctx.encryption, reporterId, messageId, words),
  );
  if (outcome.kind === 'reported')
    await tellAdmins(ctx, {
      sentence: 'Somebody reported a message to the administrators.',
      page: '/admin/reports',
      except: [reporterId, outcome.reportedId], // those whom it concerns do not decide about it
    });
  return outcome;
}

async function store(
  db: Database,
  encryption: Encryption,
  reporterId: string,
  messageId: string,
  words: string,
): Promise<Reporting> {
  await lockUsage(db, [reporterId]); // so that reports at the same moment count each other
  const message = await findReportable(db, reporterId, messageId);
  if (!message) return { kind: 'no such message' };
  if (message.reportedAt) return { kind: 'reported before' };
  const dayAgo = lowestIdAt(new Date(now().getTime() - dayMs));
  const { recent, open } = await countOwnReports(db, reporterId, dayAgo);
  if (recent >= maxReportsPerDay) return { kind: 'too many' };
  if (open >= maxOpenReports) return { kind: 'too many open' };
  const isNew = await insertReport(db, reportOf(encryption, reporterId, message, words));
  if (!isNew) return { kind: 'reported before' };
  await complainAbout(db, message.otherId, reporterId);
  return { kind: 'reported', reportedId: message.otherId };
}

function reportOf(encryption: Encryption, reporterId: string, message: Reportable, words: string) {
  const { id: messageId, otherId: reportedId, other: from, displayName, body, sentAt } = message;
  const reportedAt = now();
  const key = { reporterId, id: newId(reportedAt) };
  const encrypted = encryptContent(encryption, key, { body, sentAt, from, displayName, words });
  return { ...key, messageId, reportedId, encrypted, reportedAt };
}

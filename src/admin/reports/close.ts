// Closes a report: one decision, by whoever is first, with notices to those whom it concerns.
import { isLastAdminLocked } from '../../accounts/administrators.ts';
import { disable } from '../../accounts/disabling.ts';
import { asSystem } from '../../database/owner.ts';
import type { Database, Pool } from '../../database/pool.ts';
import { transaction } from '../../database/transaction.ts';
import { tellAll } from '../../mailbox/live/notifier.ts';
import { leaveNotice } from '../../mailbox/notices.ts';
import { encryptAnswer } from '../../mailbox/reports/encrypted.ts';
import type { Encryption } from '../../secrets/encryption.ts';
import { disableUser, type Actor } from '../people/acts.ts';
import type { Decision } from './decision.ts';
import { keepAccount, markClosed, type ListedReport } from './queries.ts';

export type Closing = 'closed' | 'closed before' | 'account deleted' | 'last administrator';

interface Deciding {
  pool: Pool;
  encryption: Encryption;
}

export async function closeReport(
  { pool, encryption }: Deciding,
  actor: Actor,
  report: ListedReport,
  decision: Decision,
): Promise<Closing> {
  const closing = await asSystem(() =>
    transaction(pool, (db) => close(db, encryption, actor, report, decision)),
  );
  if (closing === 'closed') await tellAll(pool, [report.reporterId, report.reportedId]);
  return closing;
}

async function close(
  db: Database,
  encryption: Encryption,
  actor: Actor,
  report: ListedReport,
  { outcome, warning, answer }: Decision,
): Promise<Closing> {
  const { reporterId, reportedId } = report;
  if (outcome !== 'nothing' && !(await keepAccount(db, reportedId))) return 'account deleted';
  if (outcome === 'disabled' && (await isLastAdminLocked(db, reportedId))) return 'last administrator';
  const encrypted = answer ? encryptAnswer(encryption, report, answer) : null;
  if (!(await markClosed(db, report, outcome, encrypted))) return 'closed before';
  const notices = [{ ownerId: reporterId, words: closedNotice(actor, report, answer) }];
  if (outcome === 'warned') notices.push({ ownerId: reportedId, words: `${actor} warns you:\n\n${warning}` });
  if (outcome === 'disabled' && (await disable(db, reportedId)))
    notices.push({ ownerId: reportedId, words: `${actor} ${disableUser.notice}` });
  // In the order of owners, like everything that locks several mailboxes.
  for (const { ownerId, words } of notices.toSorted((one, other) => (one.ownerId < other.ownerId ? -1 : 1)))
    await leaveNotice(db, ownerId, words);
  return 'closed';
}

function closedNotice(actor: Actor, { reported }: ListedReport, answer: string): string {
  const closed = `${actor} closed your report of a message from ${reported ?? 'a deleted account'}`;
  return answer ? `${closed}:\n\n${answer}` : `${closed}.`;
}

// Detects what secret.key does not decrypt, because it was lost or replaced: app codes' secrets and reports.
import { decryptSecret } from '../accounts/second-factor/secrets.ts';
import { asSystem } from '../database/owner.ts';
import type { Database } from '../database/pool.ts';
import { decryptContent } from '../mailbox/reports/encrypted.ts';
import type { Encryption } from '../secrets/encryption.ts';

// About 20 ms at start-up, and enough to notice a replaced key; a report holds a message, of up to 40 kB.
const maxApps = 10_000;
const maxReports = 100;

/** Says what is lost and what to do, in one line; undefined if nothing is. */
export async function describeLostKey(db: Database, encryption: Encryption): Promise<string | undefined> {
  const { apps, reports } = await asSystem(() => countLost(db, encryption));
  if (apps + reports === 0) return undefined;
  const lost = [
    ...(apps > 0 ? [`the secrets of ${counted(apps, 'authenticator app')}`] : []),
    ...(reports > 0 ? [counted(reports, 'report')] : []),
  ];
  const effects = [
    ...(apps > 0 ? ['the codes of these apps are refused'] : []),
    ...(reports > 0 ? ['these reports cannot be read'] : []),
    'all recovery codes are refused',
  ];
  const help =
    ', and these users log in with a passkey or need your help: ' +
    'npm run operator -- reset-link NAME --drop-second-factor';
  return (
    `secret.key in DATA_DIR is not the file that encrypted ${lost.join(' and ')} in this database: ` +
    `${effects.join(', ')}. Restore the earlier file from a backup and restart. If there is none, ` +
    `everybody needs new recovery codes${apps > 0 ? help : '.'}`
  );
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

async function countLost(db: Database, encryption: Encryption): Promise<{ apps: number; reports: number }> {
  const { rows: apps } = await db.query<{ userId: string; secret: Buffer }>(
    'select user_id as "userId", secret from totp limit $1',
    [maxApps],
  );
  const { rows: reports } = await db.query<{ reporterId: string; id: string; encrypted: Buffer }>(
    'select reporter_id as "reporterId", id, encrypted from reports limit $1',
    [maxReports],
  );
  return {
    apps: apps.filter(({ userId, secret }) => !decryptSecret(encryption, userId, secret)).length,
    reports: reports.filter((report) => !decryptContent(encryption, report, report.encrypted)).length,
  };
}

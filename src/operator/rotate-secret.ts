// `rotate-secret`: replaces secret.key, re-encrypts what the old key encrypted, and voids what it hashed.
import type { Database } from '../database/pool.ts';
import { transaction } from '../database/transaction.ts';
import { encryptUsernameKey } from '../accounts/used-usernames.ts';
import { countOf } from '../in-words.ts';
import { leaveNotice } from '../mailbox/notices.ts';
import { encryptAnew, type ReportKey } from '../mailbox/reports/encrypted.ts';
import { lowestId } from '../ids.ts';
import { createEncryption, type Encryption } from '../secrets/encryption.ts';
import { decryptSecret, encryptSecret } from '../accounts/second-factor/secrets.ts';
import { readBothKeys, switchKeys } from '../secrets/secret-key.ts';
import type { PlainCommand } from './command.ts';
import { refuseWhileRunning } from './running.ts';

const reportsAtOnce = 100; // each holds up to 120 kB

export const rotateSecret: PlainCommand = {
  name: 'rotate-secret',
  summary: 'replace secret.key; stop the program first',
  details: `Creates a new key in DATA_DIR, and encrypts with it the secrets of authenticator apps and what reports hold.
Stop the program on all machines first, and copy the new file to all of them before they start again. Recovery codes
become void, with a notice to each user. After an interruption, run it again. The former key stays in secret.key.old:
delete it when no older backup of the database is needed.`,
  options: [],
  run: async ({ pool, config }) => {
    // A running program has the old key in memory and would continue to encrypt with it.
    await refuseWhileRunning(pool);
    // The new key is on disk before anything is encrypted with it, and the old one until everything is.
    const { current, next } = readBothKeys(config.dataDir);
    const [former, encryption] = [createEncryption(current), createEncryption(next)];
    const { encrypted, lost, reports, voided } = await transaction(pool, async (db) => {
      await encryptUsernameKey(db, former, encryption);
      return {
        ...(await encryptSecrets(db, former, encryption)),
        reports: await encryptReports(db, former, encryption),
        voided: await voidCodes(db),
      };
    });
    switchKeys(config.dataDir);
    return {
      rows: {
        encrypted,
        lost,
        reports: reports.encrypted,
        reportsLost: reports.lost,
        recoveryCodesVoided: voided,
      },
      text:
        `There is a new secret.key. Secrets of ${encrypted} authenticator apps are encrypted with it, and ` +
        `${countOf(reports.encrypted, 'report')}. Recovery codes of ${voided} users are void.`,
      ...(lost + reports.lost > 0 && { note: describeLost(lost, reports.lost) }),
    };
  },
};

async function encryptSecrets(
  db: Database,
  former: Encryption,
  encryption: Encryption,
): Promise<{ encrypted: number; lost: number }> {
  const { rows } = await db.query<{ userId: string; secret: Buffer }>(
    'select user_id as "userId", secret from totp order by user_id for update',
  );
  let lost = 0;
  for (const { userId, secret } of rows) {
    if (decryptSecret(encryption, userId, secret)) continue; // re-encrypted by an interrupted run
    const decrypted = decryptSecret(former, userId, secret);
    if (decrypted)
      await db.query('update totp set secret = $2 where user_id = $1', [
        userId,
        encryptSecret(encryption, userId, decrypted),
      ]);
    else lost += 1;
  }
  return { encrypted: rows.length - lost, lost };
}

function describeLost(secrets: number, reports: number): string {
  const lines = [
    secrets > 0 &&
      `${secrets} could not be decrypted with the former key either: these users log in with a passkey or need your ` +
        'help: npm run operator -- reset-link NAME --drop-second-factor',
    reports > 0 &&
      `${countOf(reports, 'report')} could not be decrypted either: nobody can read what they hold.`,
  ];
  return lines.filter(Boolean).join('\n');
}

interface StoredReport extends ReportKey {
  encrypted: Buffer;
  answer: Buffer | null;
}

async function encryptReports(
  db: Database,
  former: Encryption,
  encryption: Encryption,
): Promise<{ encrypted: number; lost: number }> {
  const counts = { encrypted: 0, lost: 0 };
  for (let after = lowestId; ;) {
    const { rows } = await db.query<StoredReport>(
      `select reporter_id as "reporterId", id, encrypted, answer from reports
       where id > $1 order by id limit $2 for update`,
      [after, reportsAtOnce],
    );
    for (const report of rows) {
      const anew = encryptAnew(former, encryption, report, report);
      if (anew)
        await db.query('update reports set encrypted = $3, answer = $4 where reporter_id = $1 and id = $2', [
          report.reporterId,
          report.id,
          anew.encrypted,
          anew.answer,
        ]);
      counts[anew ? 'encrypted' : 'lost'] += 1;
    }
    if (rows.length < reportsAtOnce) return counts;
    after = rows.at(-1)!.id;
  }
}

async function voidCodes(db: Database): Promise<number> {
  const { rows } = await db.query<{ userId: string }>(
    'delete from recovery_codes where cardinality(hashes) > 0 returning user_id as "userId"',
  );
  for (const { userId } of rows) await leaveNotice(db, userId, notice);
  return rows.length;
}

const notice =
  'The operator of this server changed its secret key. Your recovery codes are void: make new ones under ' +
  '“Your account”.';

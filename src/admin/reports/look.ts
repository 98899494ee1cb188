// A look at a report: what it holds is decrypted only here, and its reporter sees that somebody looked.
import { now } from '../../clock.ts';
import { asSystem } from '../../database/owner.ts';
import type { Pool } from '../../database/pool.ts';
import { decryptContent, type ReportContent } from '../../mailbox/reports/encrypted.ts';
import type { Encryption } from '../../secrets/encryption.ts';
import { noteLook, type Report } from './queries.ts';

/** Undefined if secret.key is not the key that encrypted it. Log the look before. */
export async function lookAt(
  { pool, encryption }: { pool: Pool; encryption: Encryption },
  report: Report,
): Promise<ReportContent | undefined> {
  await asSystem(() => noteLook(pool, report, now()));
  return decryptContent(encryption, report, report.encrypted);
}

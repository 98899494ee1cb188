// The site's health, for /admin/health and `operator health`.
import { statfs } from 'node:fs/promises';
import type { BackupCheckFact, BackupFact, RehearsalFact } from '../../backups/facts.ts';
import type { Config } from '../../config.ts';
import { asSystem } from '../../database/owner.ts';
import type { Pool } from '../../database/pool.ts';
import { readFact } from '../../database/site-facts.ts';
import { findDatabaseSize } from '../../database/size.ts';
import { nobody } from '../../ids.ts';
import { countOpenReports } from '../reports/queries.ts';
import { findCertificate } from '../certificate.ts';
import { findVersions } from '../version.ts';
import { countRecentErrors } from './error-counts.ts';

export interface Health {
  version: string;
  schema: string;
  postgresql: string;
  node: string;
  /** Bytes on the disk of DATA_DIR; null where that cannot be read. */
  diskFree: number | null;
  diskTotal: number | null;
  databaseBytes: number;
  /** Null: never. */
  backup: Date | null;
  rehearsal: Date | null;
  rehearsalFailure: string | null;
  /** When the newest backup is encrypted for a key elsewhere, and its bytes alone were checked; in words, how it is. */
  backupCheck: Date | null;
  backupCheckResult: string | null;
  /** Null where no certificate is got here, or there is none yet. */
  certificateUntil: Date | null;
  certificateFailure: string | null;
  errors: number;
  openReports: number;
}

/** `adminId`: who looks; for the command line, nobody. */
export async function findHealth(
  pool: Pool,
  { dataDir }: Pick<Config, 'dataDir'>,
  adminId = nobody,
): Promise<Health> {
  const [versions, disk, databaseBytes, errors, openReports, backup, rehearsal, check, certificate] =
    await asSystem(() =>
      Promise.all([
        findVersions(pool),
        statfs(dataDir).catch(() => undefined),
        findDatabaseSize(pool),
        countRecentErrors(pool),
        countOpenReports(pool, adminId),
        readFact<BackupFact>(pool, 'backup'),
        readFact<RehearsalFact>(pool, 'rehearsal'),
        readFact<BackupCheckFact>(pool, 'backup-check'),
        findCertificate(pool),
      ]),
    );
  const { expiresAt, failure } = certificate?.value ?? {};
  return {
    ...versions,
    diskFree: disk ? disk.bavail * disk.bsize : null,
    diskTotal: disk ? disk.blocks * disk.bsize : null,
    databaseBytes,
    backup: backup ? new Date(backup.value.madeAt) : null,
    rehearsal: rehearsal ? new Date(rehearsal.value.at) : null,
    rehearsalFailure: rehearsal?.value.failure ?? null,
    backupCheck: check ? new Date(check.value.at) : null,
    backupCheckResult: check ? describeCheck(check.value) : null,
    certificateUntil: expiresAt ? new Date(expiresAt) : null,
    certificateFailure: failure ?? null,
    errors,
    openReports,
  };
}

function describeCheck({ failure, isCompared }: BackupCheckFact): string {
  if (failure) return failure;
  const bytes = isCompared ? 'all bytes are as they were written' : 'it can be read to its end';
  return `${bytes}; its content was not opened, which takes the key`;
}

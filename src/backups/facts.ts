// What the site knows of its backups (site_facts), for the schedule and for administrators.
import { readFact, writeFact } from '../database/site-facts.ts';
import type { Database } from '../database/pool.ts';
import type { Backup } from './write.ts';

/** The fact "backup", the last one of any kind. */
export interface BackupFact {
  madeAt: string;
  file: string;
  bytes: number;
  sha256?: string; // missing in facts of earlier versions
}

/** The fact "rehearsal". */
export interface RehearsalFact {
  at: string;
  file: string;
  failure: string | null; // null: the backup was restored, and all of it agreed
}

/** The fact "backup-check": of the newest backup, as far as that is possible without its key. */
export interface BackupCheckFact {
  at: string;
  file: string;
  isCompared: boolean; // false: its size and SHA-256 when it was made are not known here
  failure: string | null;
}

/** The fact "nightly-backup" is the last one in BACKUP_DIR, so that one elsewhere does not count for it. */
export async function writeBackupFacts(db: Database, backup: Backup, isInBackupDir: boolean): Promise<void> {
  const { file, bytes, sha256 } = backup;
  const fact: BackupFact = { madeAt: backup.madeAt.toISOString(), file, bytes, sha256 };
  await writeFact(db, 'backup', fact);
  if (isInBackupDir) await writeFact(db, 'nightly-backup', fact);
}

export async function findNightlyBackup(db: Database): Promise<Date | undefined> {
  const fact = await readFact<BackupFact>(db, 'nightly-backup');
  return fact && new Date(fact.value.madeAt);
}

export async function findLast(db: Database, name: 'rehearsal' | 'backup-check'): Promise<Date | undefined> {
  const fact = await readFact<RehearsalFact | BackupCheckFact>(db, name);
  return fact && new Date(fact.value.at);
}

/** The clock by which backups are named, whichever machine makes them. */
export async function databaseNow(db: Database): Promise<Date> {
  const { rows } = await db.query<{ now: Date }>('select now()');
  return rows[0]!.now;
}

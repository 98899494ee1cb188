// `health`: what the page /admin/health shows.
import { findHealth } from '../admin/health/health.ts';
import { bytesInWords } from '../in-words.ts';
import { exactTime } from '../web/times.ts';
import type { PlainCommand } from './command.ts';

const never = (at: Date | null) => (at ? exactTime(at) : 'never');

export const health: PlainCommand = {
  name: 'health',
  summary: 'print versions, disk, database, backups, certificate, errors, open reports',
  details: `The same as the page /admin/health. Errors are what the program logged as such in the last 24 hours; a
running process adds to them once a minute.`,
  options: [],
  run: async ({ pool, config }) => {
    const found = await findHealth(pool, config);
    const free = found.diskFree === null ? 'unknown' : bytesInWords(found.diskFree);
    const certificate = found.certificateUntil ? `until ${exactTime(found.certificateUntil)}` : 'none';
    return {
      rows: found,
      text: [
        `errors in 24 hours: ${found.errors}`,
        `open reports: ${found.openReports}`,
        `last backup: ${never(found.backup)}`,
        `last rehearsal: ${never(found.rehearsal)}${found.rehearsalFailure ? `: ${found.rehearsalFailure}` : ''}`,
        ...(found.backupCheck
          ? [`last check of the encrypted file: ${exactTime(found.backupCheck)}: ${found.backupCheckResult}`]
          : []),
        `free disk space: ${free}`,
        `database: ${bytesInWords(found.databaseBytes)}`,
        `certificate: ${certificate}${found.certificateFailure ? `; failed: ${found.certificateFailure}` : ''}`,
        `version: ${found.version}, schema ${found.schema}, Node ${found.node}, PostgreSQL ${found.postgresql}`,
      ].join('\n'),
    };
  },
};

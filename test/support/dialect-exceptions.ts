// Statements of src that read rows of several owners, each with the reason.
interface Exception {
  file: string;
  /** What the text contains; without it, all statements of the file. */
  part?: string;
  reason: string;
}

const exceptions: Exception[] = [
  { file: 'src/database/expiry.ts', reason: 'cleanup job' },
  { file: 'src/mailbox/trash/queries.ts', part: 'where trashed_at < $1 and', reason: 'cleanup job' },
  { file: 'src/mailbox/trays/queries.ts', part: 'where box like ', reason: 'cleanup job' },
  { file: 'src/mailbox/quota.ts', part: 'where warned_at is not null', reason: 'cleanup job' },
  {
    file: 'src/mailbox/announcements.ts',
    part: 'owner_id = any ($1::uuid[])',
    reason: 'an announcement goes to all',
  },
  { file: 'src/database/newest-id.ts', reason: 'at start' },
  { file: 'src/process/lost-key.ts', reason: 'at start' },
  { file: 'src/backups/deletions.ts', reason: 'a restored backup deletes again what several owners deleted' },
  { file: 'src/operator/rotate-secret.ts', reason: 'the operator re-encrypts the secrets of all owners' },
  {
    file: 'src/admin/reports/queries.ts',
    part: '$1 not in (r.reporter_id, r.reported_id)',
    reason: 'administrators see reports of all',
  },
  { file: 'src/mailbox/reports/queries.ts', part: 'where r.closed_at < $1', reason: 'cleanup job' },
  { file: 'src/admin/invitations/queries.ts', reason: 'administrators list all invitations' },
  {
    file: 'src/admin/people/queries.ts',
    part: 'any ($1::uuid[])',
    reason: 'administrators list accounts',
  },
  {
    file: 'src/accounts/second-factor/queries.ts',
    part: 'any ($1::uuid[])',
    reason: 'the operator lists accounts',
  },
];

const migrations = 'src/database/migrate.ts'; // their rules are in test/database/dialect.test.ts

/** A view for one index, whose key holds the owner; with a condition on the owner, PostgreSQL may take another one. */
const keyedByOwner = 'reads searched_messages ';

export function isException(fault: string, file: string, text: string): boolean {
  if (file === migrations) return true;
  if (fault.startsWith(keyedByOwner)) return file === 'src/mailbox/search/queries.ts';
  if (!/^reads \w+ without/.test(fault)) return false;
  return exceptions.some((each) => each.file === file && text.includes(each.part ?? ''));
}

// A message as its owner takes it along: everything about their copy, and of the other person only the name.
import type { Box } from '../mailbox/queries.ts';

export interface OwnCopy {
  id: string;
  box: Box;
  /** Whom it is from, or to; null for a deleted account and for a notice. */
  other: string | null;
  /** Whether it is from the program itself. */
  isNotice: boolean;
  sentAt: Date;
  trashedAt: Date | null;
  isUnread: boolean;
  body: string;
}

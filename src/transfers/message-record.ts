// A message in exports and imports: the owner's copy, with only the name of the other user.
import type { Box } from '../mailbox/queries.ts';

export interface OwnCopy {
  id: string;
  box: Box;
  /** Sender or recipient; null for a deleted account and for a notice. */
  other: string | null;
  isNotice: boolean;
  sentAt: Date;
  trashedAt: Date | null;
  isUnread: boolean;
  body: string;
}

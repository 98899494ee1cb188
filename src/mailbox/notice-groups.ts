// Shows notices of one kind that follow each other as one row with a count.
import type { MessageRow } from './queries.ts';

export interface ListRow extends MessageRow {
  /** The ids of the messages that the row stands for, newest first; absent for one. */
  together?: string[];
}

/** The texts of notices of one kind begin alike, and those of different kinds do not. */
const kindLength = 24;

export function groupNotices(rows: MessageRow[]): ListRow[] {
  const shown: ListRow[] = [];
  for (const row of rows) {
    const last = shown.at(-1);
    if (!last || !isSameKind(last, row)) shown.push(row);
    else
      shown[shown.length - 1] = {
        ...last,
        isUnread: last.isUnread || row.isUnread,
        together: [...(last.together ?? [last.id]), row.id],
      };
  }
  return shown;
}

function isSameKind(one: MessageRow, other: MessageRow): boolean {
  const kind = ({ origin, excerpt }: MessageRow) => origin === 'notice' && excerpt.slice(0, kindLength);
  return one.isTrashed === other.isTrashed && kind(one) !== false && kind(one) === kind(other);
}

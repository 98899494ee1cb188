// A page of the inbox or of what was sent comes along with the session: one round trip for the page seen most.
import { z } from 'zod';
import { highestId } from '../ids.ts';
import type { Along } from '../web/session-queries.ts';
import type { Viewer } from '../web/viewer.ts';
import type { Alongs } from '../web/session.ts';
import { selectBoxBefore, type Box, type MessageRow } from './queries.ts';

const cursor = z.uuid().default(highestId);

/** What the addresses of both lists bring along. Going back to newer pages is rare, and asks by itself. */
export const boxesAlong: Alongs = { '/inbox': alongOf('inbox'), '/sent': alongOf('sent') };

function alongOf(box: Box) {
  const select = selectBoxBefore(box, 3);
  return ({ before, after }: { before?: unknown; after?: unknown }): Along | undefined => {
    const from = cursor.safeParse(before);
    return from.success && after === undefined ? { name: box, select, values: [from.data] } : undefined;
  };
}

/** The rows that came along, if any did. */
export function rowsAlong({ along }: Viewer): MessageRow[] | undefined {
  const rows = along as (MessageRow & { sentAt: string })[] | undefined;
  return rows?.map((row) => ({ ...row, sentAt: new Date(row.sentAt) }));
}

// Keyset pagination: pages by cursor, never by OFFSET.
import { z } from 'zod';
import { highestId } from '../ids.ts';
import { HttpError } from './errors.ts';

export const pageSize = 25;
export const rowsRead = pageSize + 1; // one more than shown, to detect a further page

export interface Page<Row> {
  rows: Row[];
  newer: string | undefined;
  older: string | undefined;
}

type ReadRows<Row> = (id: string, limit: number) => Promise<Row[]>; // rows beyond `id`

const cursor = z.uuid().optional();
const query = z.object({ before: cursor, after: cursor });

/** Links keep the query in `path` (`/search?q=cake`). Throws a 400 for a malformed cursor. */
export async function readPage<Row extends { id: string }>(
  address: { path: string; query: unknown },
  list: { before: ReadRows<Row>; after: ReadRows<Row> },
): Promise<Page<Row>> {
  const asked = query.safeParse(address.query);
  if (!asked.success) throw new HttpError(400, 'This position in the list does not exist.');
  const { before, after } = asked.data;

  if (after) {
    const rows = await list.after(after, rowsRead);
    if (rows.length > pageSize) {
      return pageOf(address.path, rows.slice(0, pageSize).toReversed(), { hasNewer: true, hasOlder: true });
    }
    // Less than a page is newer: show the full first page instead.
  }
  const rows = await list.before(before ?? highestId, rowsRead);
  return pageOf(address.path, rows.slice(0, pageSize), {
    hasNewer: before !== undefined,
    hasOlder: rows.length > pageSize,
  });
}

function pageOf<Row extends { id: string }>(
  path: string,
  rows: Row[],
  has: { hasNewer: boolean; hasOlder: boolean },
): Page<Row> {
  const [first, last] = [rows[0], rows.at(-1)];
  const start = path + (path.includes('?') ? '&' : '?');
  return {
    rows,
    newer: has.hasNewer ? (first ? `${start}after=${first.id}` : path) : undefined,
    older: has.hasOlder && last ? `${start}before=${last.id}` : undefined,
  };
}

/** A page of a list that is only read onwards: what is shown of `rowsRead` rows, and the address of the next page. */
export function pageOnwards<Row>(
  rows: Row[],
  addressBehind: (last: Row) => string,
): { rows: Row[]; next: string | undefined } {
  const shown = rows.slice(0, pageSize);
  return { rows: shown, next: rows.length > pageSize ? addressBehind(shown.at(-1)!) : undefined };
}

// Pages of a list, by the place in it and never by a number of rows to skip.
import { z } from 'zod';
import { highestId } from '../ids.ts';
import { HttpError } from './errors.ts';

export const pageSize = 25;
/** One more than is shown, to know whether there are others. */
export const rowsRead = pageSize + 1;

export interface Page<Row> {
  rows: Row[];
  /** Addresses of the neighbouring pages, where there are any. */
  newer: string | undefined;
  older: string | undefined;
}

/** Reads up to `limit` rows beyond the row with this id. */
type ReadRows<Row> = (id: string, limit: number) => Promise<Row[]>;

const cursor = z.uuid().optional();
const query = z.object({ before: cursor, after: cursor });

/**
 * The page that an address asks for. What the list depends on stands in the path (`/search?q=cake`) and stays in its
 * links. Throws a 400 for a cursor that cannot be one.
 */
export async function readPage<Row extends { id: string }>(
  address: { path: string; query: unknown },
  list: { before: ReadRows<Row>; after: ReadRows<Row> },
): Promise<Page<Row>> {
  const asked = query.safeParse(address.query);
  if (!asked.success) throw new HttpError(400, 'This place in the list does not exist.');
  const { before, after } = asked.data;

  if (after) {
    const rows = await list.after(after, rowsRead);
    if (rows.length > pageSize) {
      return pageOf(address.path, rows.slice(0, pageSize).toReversed(), { hasNewer: true, hasOlder: true });
    }
    // Less than a page is newer: that is the first page, and it is shown full.
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

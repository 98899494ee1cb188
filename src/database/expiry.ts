// What is removed in time.
import type { Database } from './pool.ts';

interface Expiring {
  table: string;
  /** The columns that tell its rows apart. */
  key: string;
  /** The column by whose time a row goes. */
  time: string;
}

/** Removes up to so many rows whose time lies before this one; returns how many. Names are put into the statement as they are. */
export async function deleteBefore(
  db: Database,
  { table, key, time }: Expiring,
  before: Date,
  limit: number,
): Promise<number> {
  const { rowCount } = await db.query(
    `delete from ${table} where ${time} < $1 and (${key}) in (
       select ${key} from ${table} where ${time} < $1 limit $2)`,
    [before, limit],
  );
  return rowCount ?? 0;
}

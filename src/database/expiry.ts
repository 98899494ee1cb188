// Deletes expired rows.
import type { Database } from './pool.ts';

interface Expiring {
  table: string;
  key: string; // the columns that identify a row
  time: string;
}

/** Deletes up to `limit` rows older than `before`; returns how many. Names go into the statement unescaped. */
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

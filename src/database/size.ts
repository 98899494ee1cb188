// The size of the database on the disk.
import type { Database } from './pool.ts';

/** In bytes. */
export async function findDatabaseSize(db: Database): Promise<number> {
  const { rows } = await db.query<{ bytes: number }>(
    'select pg_database_size(current_database())::float8 as bytes',
  );
  return rows[0]!.bytes;
}

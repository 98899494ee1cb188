// Remembers what was deleted permanently, by id alone: a restored backup deletes it again (src/backups/deletions.ts).
import type { Database } from '../../database/pool.ts';

/** A statement for rows of (owner_id, id). An imported message may be deleted and imported again. */
export const rememberDeletions = (rows: string): string => `
  insert into deletions (owner_id, id, deleted_at) select owner_id, id, now() from (${rows}) as gone
  on conflict (owner_id, id) do update set deleted_at = excluded.deleted_at`;

export async function rememberAccount(db: Database, userId: string): Promise<void> {
  await db.query(rememberDeletions('select $1::uuid as owner_id, $1::uuid as id'), [userId]);
}

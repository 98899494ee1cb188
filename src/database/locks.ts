// Advisory locks by name: work that one process does at a time.
import type { Database } from './pool.ts';

/** False if somebody else holds it. Held until the transaction ends. */
export async function tryLock(db: Database, name: string): Promise<boolean> {
  return isTaken(db, 'pg_try_advisory_xact_lock', name);
}

/** False if somebody else holds it. Held until the connection ends. */
export async function tryConnectionLock(db: Database, name: string): Promise<boolean> {
  return isTaken(db, 'pg_try_advisory_lock', name);
}

async function isTaken(db: Database, lock: string, name: string): Promise<boolean> {
  const { rows } = await db.query<{ isMine: boolean }>(`select ${lock}(hashtext($1)) as "isMine"`, [
    `private-messages ${name}`,
  ]);
  return rows[0]!.isMine;
}

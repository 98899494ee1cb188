// Recovery codes in SQL.
import type { Database } from '../../database/pool.ts';

export interface CodesLeft {
  count: number;
  madeAt: Date;
}

export async function findCodesLeft(db: Database, userId: string): Promise<CodesLeft | undefined> {
  const { rows } = await db.query<CodesLeft>(
    'select cardinality(hashes) as count, made_at as "madeAt" from recovery_codes where user_id = $1',
    [userId],
  );
  return rows[0];
}

/** A prepared statement, because every login runs it. */
export async function hasCodes(db: Database, userId: string): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'has codes',
    text: 'select from recovery_codes where user_id = $1 and cardinality(hashes) > 0',
    values: [userId],
  });
  return rowCount === 1;
}

/** Also withdraws the offer of codes from the user's sessions. Always true, for `ChangeAccount`. */
export async function replaceCodes(db: Database, userId: string, hashes: Buffer[]): Promise<true> {
  await db.query(
    `insert into recovery_codes (user_id, hashes, made_at) values ($1, $2, $3)
     on conflict (user_id) do update set hashes = excluded.hashes, made_at = excluded.made_at`,
    [userId, hashes, new Date()],
  );
  await db.query(
    `update sessions set sess = sess - 'offersCodes' where user_id = $1 and sess ? 'offersCodes'`,
    [userId],
  );
  return true;
}

/** Consumes one or two codes; returns how many are left, or undefined unless all are valid. */
export async function useCodes(
  db: Database,
  userId: string,
  [first, second = first]: [Buffer, Buffer?],
): Promise<number | undefined> {
  const { rows } = await db.query<{ left: number }>(
    `update recovery_codes set hashes = array_remove(array_remove(hashes, $2), $3)
     where user_id = $1 and $2 = any (hashes) and $3 = any (hashes)
     returning cardinality(hashes) as left`,
    [userId, first, second],
  );
  return rows[0]?.left;
}

export async function hasCode(db: Database, userId: string, hash: Buffer): Promise<boolean> {
  const { rowCount } = await db.query('select from recovery_codes where user_id = $1 and $2 = any (hashes)', [
    userId,
    hash,
  ]);
  return rowCount === 1;
}

// What may be used once, such as a challenge: whoever notes it first has used it, whichever process asks.
import { createHash, randomBytes } from 'node:crypto';
import { deleteBefore } from '../database/expiry.ts';
import type { Database } from '../database/pool.ts';

/** The longest that anything of this kind is good: a challenge for a passkey. */
export const maxNonceAge = 30 * 60 * 1000;

/** A key for something that may be used once: 192 random bits. */
export function newNonce(): string {
  return randomBytes(24).toString('base64url');
}

/** Uses it up. False when it has been used before, or is being used at this moment. */
export async function consumeNonce(db: Database, key: string): Promise<boolean> {
  const { rowCount } = await db.query('insert into used_once (digest) values ($1) on conflict do nothing', [
    digest(key),
  ]);
  return rowCount === 1;
}

export async function isConsumed(db: Database, key: string): Promise<boolean> {
  const { rowCount } = await db.query('select from used_once where digest = $1', [digest(key)]);
  return rowCount === 1;
}

/** Forgets those used before this moment, at most `limit`: for keys that are too old to be used anyway. */
export function deleteExpiredNonces(db: Database, before: Date, limit: number): Promise<number> {
  return deleteBefore(db, { table: 'used_once', key: 'digest', time: 'used_at' }, before, limit);
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

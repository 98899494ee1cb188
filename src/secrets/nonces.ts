// One-time nonces: the first INSERT consumes a nonce, in whichever process.
import { createHash, randomBytes } from 'node:crypto';
import { deleteBefore } from '../database/expiry.ts';
import type { Database } from '../database/pool.ts';

export const maxNonceAge = 30 * 60 * 1000; // the longest lifetime: a passkey challenge

export function newNonce(): string {
  return randomBytes(24).toString('base64url');
}

/** False if already consumed, even by a concurrent request. */
export async function consumeNonce(db: Database, key: string): Promise<boolean> {
  const { rows } = await db.query(
    'insert into nonces (digest) values ($1) on conflict do nothing returning digest',
    [digest(key)],
  );
  return rows.length === 1;
}

export async function isConsumed(db: Database, key: string): Promise<boolean> {
  const { rowCount } = await db.query('select from nonces where digest = $1', [digest(key)]);
  return rowCount === 1;
}

/** Only for nonces too old to be accepted anyway. */
export function deleteExpiredNonces(db: Database, before: Date, limit: number): Promise<number> {
  return deleteBefore(db, { table: 'nonces', key: 'digest', time: 'used_at' }, before, limit);
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

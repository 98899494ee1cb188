// Password reset links in SQL: made by the operator, consumed by the reset.
import { lockAccount } from '../queries.ts';
import { deleteBefore } from '../../database/expiry.ts';
import { asOwner } from '../../database/owner.ts';
import type { Database, Pool } from '../../database/pool.ts';
import { transaction } from '../../database/transaction.ts';
import { newLinkToken, type LinkKey } from '../../secrets/link-tokens.ts';
import { dropSecondFactor } from '../second-factor/queries.ts';
import { deleteSessions } from '../../sessions/queries.ts';

/** Valid for an hour; replaces the user's earlier link. Only the token's hash is stored. */
export async function makeResetLink(
  db: Database,
  userId: string,
  dropsSecondFactor: boolean,
): Promise<{ token: string; expiresAt: Date }> {
  const { token, hash } = newLinkToken(userId);
  const { rows } = await db.query<{ expiresAt: Date }>(
    `insert into reset_links (user_id, token_hash, drops_second_factor, expires_at)
     values ($1, $2, $3, now() + interval '1 hour')
     on conflict (user_id) do update set token_hash = excluded.token_hash,
       drops_second_factor = excluded.drops_second_factor, expires_at = excluded.expires_at
     returning expires_at as "expiresAt"`,
    [userId, hash, dropsSecondFactor],
  );
  return { token, expiresAt: rows[0]!.expiresAt };
}

export async function findResetLink(db: Database, { ownerId, hash }: LinkKey): Promise<string | undefined> {
  const { rows } = await asOwner(ownerId, () =>
    db.query<{ username: string }>(
      `select u.username from reset_links r join users u on u.id = r.user_id
     where r.user_id = $1 and r.token_hash = $2 and r.expires_at > now() and u.username is not null`,
      [ownerId, hash],
    ),
  );
  return rows[0]?.username;
}

/** Consumes the link, sets the password and ends all sessions; false if the link is no longer valid. */
export function resetPassword(
  pool: Pool,
  { ownerId, hash }: LinkKey,
  passwordHash: string,
): Promise<boolean> {
  return asOwner(ownerId, () =>
    transaction(pool, async (db) => {
      // First, as in every password change: a common lock order prevents deadlocks.
      await lockAccount(db, ownerId);
      const { rows } = await db.query<{ dropsSecondFactor: boolean }>(
        `delete from reset_links where user_id = $1 and token_hash = $2 and expires_at > now()
       returning drops_second_factor as "dropsSecondFactor"`,
        [ownerId, hash],
      );
      if (!rows[0]) return false;
      const { rowCount } = await db.query(
        'update users set password_hash = $2, epoch = epoch + 1 where id = $1 and username is not null',
        [ownerId, passwordHash],
      );
      await deleteSessions(db, ownerId);
      if (rows[0].dropsSecondFactor) await dropSecondFactor(db, ownerId);
      return rowCount === 1;
    }),
  );
}

export function deleteExpiredResetLinks(db: Database, now: Date, limit: number): Promise<number> {
  return deleteBefore(db, { table: 'reset_links', key: 'user_id', time: 'expires_at' }, now, limit);
}

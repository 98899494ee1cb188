// Invitations in SQL: one-time registration links made by the operator or a member.
import { deleteBefore } from '../../database/expiry.ts';
import { canAdminister } from '../../mailbox/admin-notices.ts';
import { asOwner } from '../../database/owner.ts';
import type { Database, Pool } from '../../database/pool.ts';
import { transaction } from '../../database/transaction.ts';
import { newId, nobody } from '../../ids.ts';
import { newLinkToken, type LinkKey } from '../../secrets/link-tokens.ts';

/** The inviter of invitations that the operator makes. */
export const operator = nobody;
export const usualDays = 7;

export interface Invitation {
  id: string;
  expiresAt: Date;
}

/** Only the token's hash is stored. */
export async function makeInvitation(
  db: Database,
  inviterId: string,
  days = usualDays,
): Promise<{ token: string; expiresAt: Date }> {
  const { token, hash } = newLinkToken(inviterId);
  const { rows } = await db.query<{ expiresAt: Date }>(
    `insert into invitations (inviter_id, id, token_hash, expires_at)
     values ($1, $2, $3, now() + make_interval(days => $4)) returning expires_at as "expiresAt"`,
    [inviterId, newId(), hash, days],
  );
  return { token, expiresAt: rows[0]!.expiresAt };
}

/** Undefined if the member has `most` open invitations already, or is disabled. */
export function makeMembersInvitation(
  pool: Pool,
  userId: string,
  most: number,
): Promise<{ token: string; expiresAt: Date } | undefined> {
  return transaction(pool, async (db) => {
    // The lock serializes concurrent counts, and disabling the account.
    const { rowCount } = await db.query(
      'select from users where id = $1 and username is not null and disabled_at is null for no key update',
      [userId],
    );
    if (rowCount === 0 || (await listInvitations(db, userId)).length >= most) return undefined;
    return makeInvitation(db, userId);
  });
}

export async function listInvitations(db: Database, inviterId: string): Promise<Invitation[]> {
  const { rows } = await db.query<Invitation>(
    `select id, expires_at as "expiresAt" from invitations
     where inviter_id = $1 and expires_at > now() and not makes_admin order by id`,
    [inviterId],
  );
  return rows;
}

export async function withdrawInvitation(db: Database, inviterId: string, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'delete from invitations where inviter_id = $1 and id = $2 and expires_at > now()',
    [inviterId, id],
  );
  return rowCount === 1;
}

export async function withdrawInvitations(db: Database, inviterId: string): Promise<void> {
  await db.query('delete from invitations where inviter_id = $1', [inviterId]);
}

// Invitations of a disabled or deleted member do not work, even while their rows still exist, nor does that of the
// first administrator where somebody else is one.
const open = `from invitations i where i.inviter_id = $1 and i.token_hash = $2 and i.expires_at > now()
  and (i.member_id is null or exists (
    select from users u where u.id = i.inviter_id and u.username is not null and u.disabled_at is null))
  and not (i.makes_admin and exists (select from users a where ${canAdminister}))`;

export interface Inviter {
  /** Null for the operator. */
  username: string | null;
  displayName: string | null;
  /** Of whoever registers with it. */
  makesAdmin: boolean;
}

/** Who made an open invitation; undefined for one that does not work. */
export async function findInviter(db: Database, { ownerId, hash }: LinkKey): Promise<Inviter | undefined> {
  const { rows } = await asOwner(ownerId, () =>
    db.query<Inviter>(
      `select (select u.username from users u where u.id = i.inviter_id) as username,
              (select u.display_name from users u where u.id = i.inviter_id) as "displayName",
              i.makes_admin as "makesAdmin"
       ${open}`,
      [ownerId, hash],
    ),
  );
  return rows[0];
}

/** Locks the invitation until the transaction ends; undefined if it does not work. */
export async function holdInvitation(
  db: Database,
  { ownerId, hash }: LinkKey,
): Promise<{ makesAdmin: boolean } | undefined> {
  const { rows } = await asOwner(ownerId, () =>
    db.query<{ makesAdmin: boolean }>(`select i.makes_admin as "makesAdmin" ${open} for update of i`, [
      ownerId,
      hash,
    ]),
  );
  return rows[0];
}

export async function useInvitation(db: Database, { ownerId, hash }: LinkKey): Promise<void> {
  await asOwner(ownerId, () =>
    db.query('delete from invitations where inviter_id = $1 and token_hash = $2', [ownerId, hash]),
  );
}

/** That of the first administrator, for another week. */
export async function renewAdminInvitation(
  db: Database,
): Promise<{ id: string; hash: Buffer; expiresAt: Date } | undefined> {
  const { rows } = await db.query<{ id: string; hash: Buffer; expiresAt: Date }>(
    `update invitations set expires_at = now() + make_interval(days => $2)
     where inviter_id = $1 and makes_admin returning id, token_hash as hash, expires_at as "expiresAt"`,
    [operator, usualDays],
  );
  return rows[0];
}

export async function insertAdminInvitation(db: Database, id: string, hash: Buffer): Promise<Date> {
  const { rows } = await db.query<{ expiresAt: Date }>(
    `insert into invitations (inviter_id, id, token_hash, makes_admin, expires_at)
     values ($1, $2, $3, true, now() + make_interval(days => $4)) returning expires_at as "expiresAt"`,
    [operator, id, hash, usualDays],
  );
  return rows[0]!.expiresAt;
}

export async function withdrawAdminInvitations(db: Database): Promise<void> {
  await db.query('delete from invitations where inviter_id = $1 and makes_admin', [operator]);
}

export function deleteExpiredInvitations(db: Database, now: Date, limit: number): Promise<number> {
  return deleteBefore(db, { table: 'invitations', key: 'inviter_id, id', time: 'expires_at' }, now, limit);
}

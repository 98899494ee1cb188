// Invitations in SQL: links with which somebody registers, made by the operator or a member. One that is used is gone.
import { deleteBefore } from '../../database/expiry.ts';
import { asOwner } from '../../database/owner.ts';
import type { Database, Pool } from '../../database/pool.ts';
import { transaction } from '../../database/transaction.ts';
import { newId, nobody } from '../../ids.ts';
import { newLinkToken, type LinkKey } from '../../secrets/link-tokens.ts';

/** Who makes an invitation when no member does. */
export const operator = nobody;
/** How long an invitation works, unless the operator says otherwise. */
export const usualDays = 7;

export interface Invitation {
  id: string;
  expiresAt: Date;
}

/** Adds an invitation of this inviter, good for so many days. The token is nowhere else. */
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

/** The same for a member, unless they have so many open ones already; undefined then. */
export function makeMembersInvitation(
  pool: Pool,
  userId: string,
  most: number,
): Promise<{ token: string; expiresAt: Date } | undefined> {
  return transaction(pool, async (db) => {
    // The lock makes two at once count one after the other, and whoever disables the account wait.
    const { rowCount } = await db.query(
      'select from users where id = $1 and username is not null and disabled_at is null for no key update',
      [userId],
    );
    if (rowCount === 0 || (await listInvitations(db, userId)).length >= most) return undefined;
    return makeInvitation(db, userId);
  });
}

/** The open invitations of this inviter, the one made first at the beginning. */
export async function listInvitations(db: Database, inviterId: string): Promise<Invitation[]> {
  const { rows } = await db.query<Invitation>(
    `select id, expires_at as "expiresAt" from invitations
     where inviter_id = $1 and expires_at > now() order by id`,
    [inviterId],
  );
  return rows;
}

/** Takes one open invitation back; false when there is none with this id. */
export async function withdrawInvitation(db: Database, inviterId: string, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'delete from invitations where inviter_id = $1 and id = $2 and expires_at > now()',
    [inviterId, id],
  );
  return rowCount === 1;
}

/** Takes all back, of somebody who is disabled or leaves. */
export async function withdrawInvitations(db: Database, inviterId: string): Promise<void> {
  await db.query('delete from invitations where inviter_id = $1', [inviterId]);
}

// Those of somebody who was just disabled or is leaving do not work, even where their rows are still there.
const open = `from invitations i where i.inviter_id = $1 and i.token_hash = $2 and i.expires_at > now()
  and (i.member_id is null or exists (
    select from users u where u.id = i.inviter_id and u.username is not null and u.disabled_at is null))`;

/** Whether this invitation works. */
export async function isOpen(db: Database, { ownerId, hash }: LinkKey): Promise<boolean> {
  const { rowCount } = await asOwner(ownerId, () => db.query(`select ${open}`, [ownerId, hash]));
  return rowCount === 1;
}

/** The same, and nobody else may use it until this transaction ends. */
export async function holdInvitation(db: Database, { ownerId, hash }: LinkKey): Promise<boolean> {
  const { rowCount } = await asOwner(ownerId, () =>
    db.query(`select ${open} for update of i`, [ownerId, hash]),
  );
  return rowCount === 1;
}

/** Uses up an invitation that is held. */
export async function useInvitation(db: Database, { ownerId, hash }: LinkKey): Promise<void> {
  await asOwner(ownerId, () =>
    db.query('delete from invitations where inviter_id = $1 and token_hash = $2', [ownerId, hash]),
  );
}

/** Up to so many invitations whose time is over; returns how many. */
export function deleteExpiredInvitations(db: Database, now: Date, limit: number): Promise<number> {
  return deleteBefore(db, { table: 'invitations', key: 'inviter_id, id', time: 'expires_at' }, now, limit);
}

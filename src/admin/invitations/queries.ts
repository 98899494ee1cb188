// All unused invitations in SQL: those of members too, but never their links, of which only hashes are stored.
import { operator } from '../../accounts/invitations/queries.ts';
import { asSystem } from '../../database/owner.ts';
import type { Database, Pool } from '../../database/pool.ts';
import { transaction } from '../../database/transaction.ts';
import { tellAll } from '../../mailbox/live/notifier.ts';
import { leaveNotice } from '../../mailbox/notices.ts';

export interface UnusedInvitation {
  id: string;
  expiresAt: Date;
  /** Null for the operator and administrators. */
  inviter: string | null;
}

const unused = 'i.expires_at > now() and not i.makes_admin';

/** The latest first. */
export async function listUnused(db: Database, before: string, limit: number): Promise<UnusedInvitation[]> {
  const { rows } = await asSystem(() =>
    db.query<UnusedInvitation>(
      `select i.id, i.expires_at as "expiresAt", u.username as inviter
       from invitations i left join users u on u.id = i.inviter_id
       where ${unused} and i.id < $1 order by i.id desc limit $2`,
      [before, limit],
    ),
  );
  return rows;
}

export async function countUnused(db: Database): Promise<number> {
  const { rows } = await asSystem(() =>
    db.query<{ count: number }>(`select count(*)::int as count from invitations i where ${unused}`),
  );
  return rows[0]!.count;
}

/** Whose it was; undefined if it does not exist. A member finds a notice. */
export async function withdrawAny(pool: Pool, id: string): Promise<string | undefined> {
  const inviterId = await asSystem(() =>
    transaction(pool, async (db) => {
      const { rows } = await db.query<{ inviterId: string }>(
        `delete from invitations i where i.id = $1 and ${unused} returning i.inviter_id as "inviterId"`,
        [id],
      );
      const [gone] = rows;
      if (gone && gone.inviterId !== operator)
        await leaveNotice(db, gone.inviterId, 'An administrator withdrew an invitation of yours.');
      return gone?.inviterId;
    }),
  );
  if (inviterId && inviterId !== operator) await tellAll(pool, [inviterId]);
  return inviterId;
}

// What else an export holds, in SQL: the profile, contacts and drafts.
import { asOwner } from '../../database/owner.ts';
import type { Database } from '../../database/pool.ts';
import type { Contacts } from '../contacts-record.ts';

export interface Profile {
  username: string;
  displayName: string | null;
  isListed: boolean;
  registeredAt: Date;
  timeZone: string | null;
}

export async function findProfile(db: Database, userId: string): Promise<Profile> {
  const { rows } = await db.query<Profile>(
    `select username, display_name as "displayName", unlisted_at is null as "isListed",
            created_at as "registeredAt", time_zone as "timeZone" from users where id = $1`,
    [userId],
  );
  return rows[0]!;
}

/** Without people whose account is deleted: nobody could be found by it. */
export async function listContacts(db: Database, ownerId: string): Promise<Contacts> {
  const { rows } = await db.query<Contacts>(
    `select coalesce(array_agg(u.username order by u.username)
                       filter (where coalesce(k.written_at, k.accepted_at) is not null), '{}') as accepted,
            coalesce(array_agg(u.username order by u.username)
                       filter (where k.blocked_at is not null), '{}') as blocked
     from contacts k join users u on u.id = k.other_id
     where k.owner_id = $1 and u.username is not null`,
    [ownerId],
  );
  return rows[0]!;
}

export interface Draft {
  to: string;
  body: string;
  savedAt: Date;
}

const draftsAtOnce = 10; // 4 MB of drafts of maximum length

export async function* listBegun(db: Database, ownerId: string): AsyncGenerator<Draft> {
  // The stream may pull outside of the request's async context.
  const { rows: all } = await asOwner(ownerId, () =>
    db.query<{ id: string }>('select id from drafts where owner_id = $1 order by saved_at desc, id', [
      ownerId,
    ]),
  );
  for (let at = 0; at < all.length; at += draftsAtOnce) {
    const ids = all.slice(at, at + draftsAtOnce).map(({ id }) => id);
    const { rows } = await asOwner(ownerId, () =>
      db.query<Draft>(
        `select recipient as "to", body, saved_at as "savedAt" from drafts
         where owner_id = $1 and id = any ($2::uuid[]) order by array_position($2::uuid[], id)`,
        [ownerId, ids],
      ),
    );
    yield* rows;
  }
}

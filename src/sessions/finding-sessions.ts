// Finds sessions in SQL, each together with its viewer.
import type { SessionData } from 'express-session';
import { z } from 'zod';
import { asOwner } from '../database/owner.ts';
import type { Database, Pool } from '../database/pool.ts';
import { withConnection } from '../database/transaction.ts';
import type { Preloading } from './preload.ts';
import { sessionKey } from './queries.ts';
import { Viewer, type ViewerFields } from './viewer.ts';

interface SessionRow extends ViewerFields {
  sess: SessionData;
}

const isUserId = (id: string): boolean => z.uuid().safeParse(id).success;

export async function findSession(db: Database, id: string): Promise<SessionData | null> {
  const [userId, sid] = sessionKey(id);
  if (!isUserId(userId)) return null;
  const { rows } = await asOwner(userId, () =>
    db.query<SessionRow>({
      name: 'find session',
      text: `select s.sess, u.id, u.username, u.time_zone as "timeZone", '/' || u.start_page as "startPage",
                    u.admin_since is not null as "isAdmin",
                    (select count(*)::int from (
                       select from unread n where n.owner_id = $1 and not n.is_quiet limit 100) counted) as unread
             from sessions s join users u on u.id = s.user_id
             where s.user_id = $1 and s.sid = $2 and s.expire > now()`,
      values: [userId, sid],
    }),
  );
  // Removed from pg's result, which lives on for a while: pg sets a function on each query (tokenMaker in csrf.ts).
  const row = rows.pop();
  if (!row) return null;
  return { ...row.sess, viewer: new Viewer(row) };
}

/** Sends both queries in one round trip. Until the session is found, the owner is only a claim of the cookie. */
export async function findSessionWith(
  pool: Pool,
  id: string,
  preloading: Preloading,
): Promise<SessionData | null> {
  const [userId] = sessionKey(id);
  if (!isUserId(userId)) return null;
  return withConnection(pool, async (db) => {
    const [found, rows] = await Promise.all([
      findSession(db, id),
      asOwner(userId, () => preloading.find(db, userId)),
    ]);
    if (found) preloading.found = rows;
    return found;
  });
}

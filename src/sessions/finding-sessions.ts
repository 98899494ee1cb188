// Finds sessions in SQL: one together with the rows of its page, or several in a batch.
import type { SessionData } from 'express-session';
import { z } from 'zod';
import { asOwner } from '../database/owner.ts';
import type { Database } from '../database/pool.ts';
import { sessionKey } from './queries.ts';
import { Viewer } from './viewer.ts';

/** Rows of a page, fetched in one round trip with the session: both begin with the same owner. */
export interface Preload {
  statement: Statement;
  values: unknown[]; // from $3 on
}

interface Statement {
  name: string;
  text: string;
}

interface SessionRow {
  sess: SessionData;
  userId: string;
  username: string;
  timeZone: string | null;
  unread: number;
  preloaded?: unknown[][];
}

function selectSession(owner: string, sid: string, more = ''): string {
  return `
    select s.sess, u.id as "userId", u.username, u.time_zone as "timeZone",
           (select count(*)::int from (
              select from unread n where n.owner_id = ${owner} and not n.is_trashed limit 100) counted) as unread${more}
    from sessions s join users u on u.id = s.user_id
    where s.user_id = ${owner} and s.sid = ${sid} and s.expire > now()`;
}

/** Finds a session and the rows `r` of this SELECT, where $1 is the owner; JSON arrays are faster than objects. */
export function sessionWith(name: string, select: string, values: string): Statement {
  const preloaded = `, (select coalesce(json_agg(json_build_array(${values})), '[]') from (${select}) r) as preloaded`;
  return { name: `find session and ${name}`, text: selectSession('$1', '$2', preloaded) };
}

const person = z.uuid();

export async function findSessionWith(
  db: Database,
  id: string,
  preloaded: Preload,
): Promise<SessionData | null> {
  const [userId, sid] = sessionKey(id);
  if (!person.safeParse(userId).success) return null;
  const { rows } = await asOwner(userId, () =>
    db.query<SessionRow>({ ...preloaded.statement, values: [userId, sid, ...preloaded.values] }),
  );
  // Removed from pg's result, which lives on for a while: pg sets a function on each query (tokenMaker in csrf.ts).
  const row = rows.pop();
  return row ? toSession(row) : null;
}

const sessionsAlone: Statement = {
  name: 'find sessions',
  text: `select found.* from json_to_recordset($1) as asked (user_id uuid, sid text),
                lateral (${selectSession('asked.user_id', 'asked.sid', ', s.sid')} limit 1) found`,
};

/** In the order of the ids, null for ended or invalid ones. JSON, because PostgreSQL would replan for each count. */
export async function findSessions(db: Database, ids: string[]): Promise<(SessionData | null)[]> {
  const keys = ids.map(sessionKey);
  const asked = keys.filter(([userId]) => person.safeParse(userId).success);
  const { rows } = await db.query<SessionRow & { sid: string }>({
    ...sessionsAlone,
    values: [JSON.stringify(asked.map(([userId, sid]) => ({ user_id: userId, sid })))],
  });
  const found = new Map(rows.splice(0).map((row) => [row.sid, row])); // removed from the result, as above
  return keys.map(([, sid]) => {
    const row = found.get(sid);
    return row ? toSession(row) : null;
  });
}

function toSession({ sess, userId, username, timeZone, unread, preloaded }: SessionRow): SessionData {
  return { ...sess, viewer: new Viewer(userId, username, timeZone, unread, preloaded) };
}

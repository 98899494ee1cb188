// Whose session it is, in SQL: one alone with the rows of its page, or those of several requests together.
import type { SessionData } from 'express-session';
import { z } from 'zod';
import { asOwner } from '../database/owner.ts';
import type { Database } from '../database/pool.ts';
import { sessionKey } from './queries.ts';
import { Viewer } from './viewer.ts';

/** Rows that a page wants in the same round trip as the session: both begin with the same owner. */
export interface Preload {
  /** Made by `sessionAnd`. */
  statement: Statement;
  /** Those of its rows: $3 and on. */
  values: unknown[];
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

/** The session of this owner with this key and its person, if it has not ended; with more columns. */
function selectSession(owner: string, sid: string, more = ''): string {
  return `
    select s.sess, u.id as "userId", u.username, u.time_zone as "timeZone",
           (select count(*)::int from (
              select from unread n where n.owner_id = ${owner} and not n.is_trashed limit 100) counted) as unread${more}
    from sessions s join users u on u.id = s.user_id
    where s.user_id = ${owner} and s.sid = ${sid} and s.expire > now()`;
}

/**
 * The statement that finds a session and the rows `r` of this SELECT, in which $1 is the owner. Each comes as an array of
 * these values: as an object, with all the names in each, it takes both sides longer.
 */
export function sessionWith(name: string, select: string, values: string): Statement {
  const preloaded = `, (select coalesce(json_agg(json_build_array(${values})), '[]') from (${select}) r) as along`;
  return { name: `find session and ${name}`, text: selectSession('$1', '$2', preloaded) };
}

const person = z.uuid();

/** The session behind this id with its person and these rows, if it has not ended. */
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
  // Taken out of pg's result, which stays for a while: pg writes a function to each query (see tokenMaker in csrf.ts).
  const row = rows.pop();
  return row ? toSession(row) : null;
}

const sessionsAlone: Statement = {
  name: 'find sessions',
  text: `select found.* from json_to_recordset($1) as asked (user_id uuid, sid text),
                lateral (${selectSession('asked.user_id', 'asked.sid', ', s.sid')} limit 1) found`,
};

/**
 * The sessions behind these ids, each in its place; null where one has ended, or where something else was signed as its
 * id. (JSON: PostgreSQL would plan anew for each number of them.)
 */
export async function findSessions(db: Database, ids: string[]): Promise<(SessionData | null)[]> {
  const keys = ids.map(sessionKey);
  const asked = keys.filter(([userId]) => person.safeParse(userId).success);
  const { rows } = await db.query<SessionRow & { sid: string }>({
    ...sessionsAlone,
    values: [JSON.stringify(asked.map(([userId, sid]) => ({ user_id: userId, sid })))],
  });
  const found = new Map(rows.splice(0).map((row) => [row.sid, row])); // taken out of the result, as above
  return keys.map(([, sid]) => {
    const row = found.get(sid);
    return row ? toSession(row) : null;
  });
}

function toSession({ sess, userId, username, timeZone, unread, preloaded }: SessionRow): SessionData {
  return { ...sess, viewer: new Viewer(userId, username, timeZone, unread, preloaded) };
}

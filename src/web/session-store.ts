// Sessions in PostgreSQL: connect-pg-simple, with the statements that this schema and these promises need.
import { createHash, randomBytes } from 'node:crypto';
import connectPgSimple from 'connect-pg-simple';
import session, { type SessionData } from 'express-session';
import type { Database, Pool } from '../database/pool.ts';

const PgStore = connectPgSimple(session);

/** Who is looking at the page: read with the session in one round trip, never stored in it. */
export class Viewer {
  readonly id: string;
  readonly username: string;
  /** Unread messages when the request came, 100 standing for that many or more; pages that mark some correct it. */
  unread: number;
  /** The rows that came along with the session, as JSON has them. */
  readonly along: unknown[] | undefined;

  constructor(id: string, username: string, unread: number, along?: unknown[]) {
    this.id = id;
    this.username = username;
    this.unread = unread;
    this.along = along;
  }

  /** Corrects the count on a page that has taken marks away. */
  hasRead(count: number): void {
    if (this.unread < 100) this.unread = Math.max(0, this.unread - count);
  }

  /** Keeps express-session from writing the viewer into the session, and from seeing a change in it. */
  toJSON(): undefined {
    return undefined;
  }
}

/**
 * Differs from its base in four ways: ids are stored as hashes; the key begins with the person; `get` brings the
 * person along; and `set` only updates. A request that was under way when its session was ended can therefore not
 * bring it back: only signing in inserts (insertSession).
 */
export class SessionStore extends PgStore {
  readonly #db: Database;
  #along: Along | undefined;

  constructor(pool: Pool, onError: (error: Error) => void) {
    super({
      pool,
      tableName: 'sessions',
      disableTouch: true,
      pruneSessionInterval: 15 * 60,
      errorLog: (...parts: unknown[]) =>
        onError(parts.find((part) => part instanceof Error) ?? new Error('session store')),
    });
    this.#db = pool;
    // With a touch, even one that does nothing, express-session holds back the last byte of every page.
    Object.assign(this, { touch: undefined });
  }

  /** Does the work; a session that is read in its course brings these rows along. */
  bringAlong(along: Along | undefined, work: () => void): void {
    this.#along = along;
    work(); // express-session calls `get` before it returns
    this.#along = undefined;
  }

  override get(id: string, done: (error: unknown, session?: SessionData | null) => void): void {
    void findSession(this.#db, id, this.#along).then(
      (found) => done(null, found),
      // ENOENT, as from a socket that is gone, express-session takes for "no session", unless it is wrapped.
      (error: NodeJS.ErrnoException) =>
        done(error.code === 'ENOENT' ? new AggregateError([error], 'No way to the database.') : error),
    );
  }

  override set(id: string, data: SessionData, done?: (error?: unknown) => void): void {
    void updateSession(this.#db, id, data).then(() => done?.(), done);
  }

  override destroy(id: string, done?: (error?: unknown) => void): void {
    void deleteSession(this.#db, id).then(() => done?.(), done);
  }
}

/** Strangers' ids begin with this; they are in no cookie and in no row. */
const nobody = '00000000-0000-0000-0000-000000000000';

/** A new id: the person's, so that the store knows whose row to look for, and 192 random bits. */
export function newSessionId(userId = nobody): string {
  return `${userId}.${randomBytes(24).toString('base64url')}`;
}

/** The key of a session's row. */
export function sessionKey(id: string): [userId: string, sid: string] {
  const sid = createHash('sha256').update(id).digest('base64url');
  return [id.slice(0, id.indexOf('.')), sid];
}

/** Rows that a page wants in the same round trip as the session: both begin with the same owner. */
export interface Along {
  name: string;
  /** A SELECT; $1 is the owner, its own values begin with $3. */
  select: string;
  values: unknown[];
}

interface SessionRow {
  sess: SessionData;
  userId: string;
  username: string;
  unread: number;
  along: unknown[] | undefined;
}

const columns = `s.sess, u.id as "userId", u.username,
  (select count(*)::int from (
     select from unread n where n.owner_id = $1 and not n.is_trashed limit 100) counted) as unread`;
const source = `from sessions s join users u on u.id = s.user_id
  where s.user_id = $1 and s.sid = $2 and s.expire > now()`;

async function findSession(db: Database, id: string, along?: Along): Promise<SessionData | null> {
  const rowsAlong = along ? `, (select coalesce(json_agg(r), '[]') from (${along.select}) r) as along` : '';
  const { rows } = await db.query<SessionRow>({
    name: along ? `find session and ${along.name}` : 'find session',
    text: `select ${columns}${rowsAlong} ${source}`,
    values: [...sessionKey(id), ...(along?.values ?? [])],
  });
  const [row] = rows;
  return row ? { ...row.sess, viewer: new Viewer(row.userId, row.username, row.unread, row.along) } : null;
}

/** Adds the session of somebody who just signed in. */
export async function insertSession(db: Database, id: string, data: SessionData): Promise<void> {
  await db.query('insert into sessions (user_id, sid, sess, expire) values ($1, $2, $3, $4)', [
    ...sessionKey(id),
    data,
    expiry(data),
  ]);
}

async function updateSession(db: Database, id: string, data: SessionData): Promise<void> {
  await db.query('update sessions set sess = $3, expire = $4 where user_id = $1 and sid = $2', [
    ...sessionKey(id),
    data,
    expiry(data),
  ]);
}

async function deleteSession(db: Database, id: string): Promise<void> {
  await db.query('delete from sessions where user_id = $1 and sid = $2', sessionKey(id));
}

const day = 24 * 60 * 60 * 1000;
export const idleLimit = 30 * day;
const absoluteLimit = 90 * day;

function expiry(data: SessionData): Date {
  return new Date(Math.min(data.seenAt + idleLimit, data.startedAt + absoluteLimit));
}

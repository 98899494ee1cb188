// Sessions in PostgreSQL: connect-pg-simple, with the statements that this schema and these promises need.
import connectPgSimple from 'connect-pg-simple';
import session, { type SessionData } from 'express-session';
import { asOwner } from '../database/owner.ts';
import type { Database, Pool } from '../database/pool.ts';
import { deleteSession, sessionKey, updateSession } from './queries.ts';

/** The session behind an id with its person, if it has not ended. */
export type FindSession = (id: string) => Promise<SessionData | null>;

const PgStore = connectPgSimple(session);

/**
 * Differs from its base in four ways: ids are stored as hashes; the key begins with the person; `get` brings the
 * person along; and `set` only updates. A request that was under way when its session was ended can therefore not
 * bring it back: only signing in inserts (insertSession).
 */
export class SessionStore extends PgStore {
  readonly #db: Database;
  readonly #find: FindSession;

  constructor(pool: Pool, find: FindSession) {
    // Housekeeping removes what has expired; the base would begin to only in get, set and destroy, which are replaced here.
    super({ pool, tableName: 'sessions', disableTouch: true, pruneSessionInterval: false });
    this.#db = pool;
    this.#find = find;
    // With a touch, even one that does nothing, express-session holds back the last byte of every page.
    Object.assign(this, { touch: undefined });
  }

  override get(id: string, done: (error: unknown, session?: SessionData | null) => void): void {
    void this.#find(id).then(
      (found) => done(null, found),
      // ENOENT, as from a socket that is gone, express-session takes for "no session", unless it is wrapped.
      (error: NodeJS.ErrnoException) =>
        done(error.code === 'ENOENT' ? new AggregateError([error], 'No way to the database.') : error),
    );
  }

  override set(id: string, data: SessionData, done?: (error?: unknown) => void): void {
    void asOwner(ownerOf(id), () => updateSession(this.#db, id, data)).then(() => done?.(), done);
  }

  override destroy(id: string, done?: (error?: unknown) => void): void {
    void asOwner(ownerOf(id), () => deleteSession(this.#db, id)).then(() => done?.(), done);
  }
}

function ownerOf(id: string): string {
  return sessionKey(id)[0];
}

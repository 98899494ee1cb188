// The session store on PostgreSQL: connect-pg-simple with statements for our schema.
import connectPgSimple from 'connect-pg-simple';
import session, { type SessionData } from 'express-session';
import { asOwner } from '../database/owner.ts';
import type { Database, Pool } from '../database/pool.ts';
import { deleteSession, sessionKey, updateSession } from './queries.ts';

export type FindSession = (id: string) => Promise<SessionData | null>;

const PgStore = connectPgSimple(session);

/** Ids are hashed, keys begin with the user, and `get` reads the user too. */
export class SessionStore extends PgStore {
  readonly #db: Database;
  readonly #find: FindSession;

  constructor(pool: Pool, find: FindSession) {
    // The cleanup jobs remove expired rows.
    super({ pool, tableName: 'sessions', disableTouch: true, pruneSessionInterval: false });
    this.#db = pool;
    this.#find = find;
    // With a touch method, even an empty one, express-session holds back the last byte of every page.
    Object.assign(this, { touch: undefined });
  }

  override get(id: string, done: (error: unknown, session?: SessionData | null) => void): void {
    void this.#find(id).then(
      (found) => done(null, found),
      // Wrapped, because express-session takes ENOENT, as from a missing socket, for "no session".
      (error: NodeJS.ErrnoException) =>
        done(error.code === 'ENOENT' ? new AggregateError([error], 'No way to the database.') : error),
    );
  }

  // Only updates: a request in flight must not restore a session that was ended; only signing in inserts.
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

// Who is signed in: one session cookie, one query a page, and the only places where a session begins, changes and ends.
import { randomBytes } from 'node:crypto';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import session, { type SessionData } from 'express-session';
import type { Config } from '../config.ts';
import { batch } from '../database/batch.ts';
import { asSystem, becomeOwner } from '../database/owner.ts';
import type { Database, Pool } from '../database/pool.ts';
import { adoptCookies, cookieName, cookieOptions, setSignedCookie, type Site } from '../web/cookies.ts';
import { HttpError } from '../web/errors.ts';
import { localPath } from '../web/local-path.ts';
import { isPrefetch } from '../web/prefetch.ts';
import { findSessionWith, findSessions, type Preload } from './finding-sessions.ts';
import { idleLimit, insertSession, moveSession, newSessionId, renewSession, sessionKey } from './queries.ts';
import { SessionStore } from './session-store.ts';
import type { Viewer } from './viewer.ts';

const seenEvery = 5 * 60 * 1000;

/** The rows that come along with the session of a visit. */
type BringAlong = (req: Request) => Preload | undefined;

/**
 * Reads the session of a signed-in person. Strangers get no cookie and no row. A visit, which is a GET, never changes a
 * session: it only reads it, together with the rows of its page. express-session, which compares, saves and signs at the
 * end of each answer, has the requests that may change one.
 */
export function openSessions(config: Config, pool: Pool, bringAlong: BringAlong): RequestHandler[] {
  const name = cookieName(config, 'session');
  // Those of several people together, each by the id in their cookie.
  const findAlone = batch(pool, (db, ids: string[]) => asSystem(() => findSessions(db, ids)));
  const find = (id: string, preloaded?: Preload) =>
    preloaded ? findSessionWith(pool, id, preloaded) : findAlone(id);
  const store = new SessionStore(pool, findAlone);
  const keys = [randomBytes(32).toString('base64url')]; // it takes no empty list; see below
  const openSession = session({
    name,
    secret: keys,
    store,
    genid: (req) => newSessionId(req.signingIn),
    resave: false,
    saveUninitialized: false,
    cookie: { ...cookieOptions(config), maxAge: idleLimit },
    proxy: config.isHttps || undefined,
  });
  const readSession = async (req: Request): Promise<void> => {
    const id: unknown = req.signedCookies[name];
    const readAt = Date.now();
    const found = typeof id === 'string' ? await find(id, bringAlong(req)) : null;
    if (found) req.sessionID = id as string;
    if (found?.viewer) found.viewer.readAt = readAt;
    req.session = (found ?? {}) as Request['session'];
  };
  const read = (req: Request, res: Response, next: NextFunction): void => {
    const isVisit = req.method === 'GET' || req.method === 'HEAD';
    if (isVisit) readSession(req).then(() => next(), next);
    else {
      keys.splice(0, keys.length, ...req.cookieKeys('session')); // express-session looks at it anew for each request
      openSession(req, res, next);
    }
  };
  const prepare = config.isHttps ? [assumeHttps] : [];
  return [...prepare, adoptCookies(config), read, greet(pool, config)];
}

/**
 * The public address says that browsers speak https with us. A proxy in between may not tell, and express-session,
 * which looks at nothing else, would then sign nobody in.
 */
function assumeHttps(req: Request, res: Response, next: NextFunction): void {
  req.headers['x-forwarded-proto'] = 'https';
  next();
}

/**
 * Names the person for routes and views. Every five minutes it is noted that the session is in use, and the cookie is
 * given anew: the browser would forget it a month after the login, however often somebody comes. One that came under
 * another name is given under the right one.
 */
function greet(pool: Pool, site: Site) {
  return (req: Request, res: Response, next: NextFunction): void => {
    const { viewer, seenAt = 0 } = req.session;
    req.user = viewer;
    if (viewer) becomeOwner(viewer.id);
    res.locals.user = viewer;
    if (!viewer || isPrefetch(req) || (!req.adoptsSession && Date.now() - seenAt <= seenEvery)) return next();
    renewSession(pool, req.sessionID, req.session as SessionData).then((expires) => {
      if (expires) setSignedCookie(res, site, 'session', req.sessionID, { expires });
      next();
    }, next);
  };
}

/**
 * Signs somebody in: a new id, so that one planted before is worthless (session fixation). `epoch` is that of the
 * account when it was read; throws a refusal when something has ended all its sessions since.
 */
export async function startSession(
  db: Database,
  req: Request,
  { id, epoch }: { id: string; epoch: number },
  remembered: Partial<SessionData> = {},
): Promise<void> {
  req.signingIn = id;
  await settle((done) => req.session.regenerate(done));
  const now = Date.now();
  const csrfSecret = randomBytes(18).toString('base64url');
  const data = Object.assign(req.session, {
    startedAt: now,
    seenAt: now,
    confirmedAt: now,
    csrfSecret,
    ...remembered,
  });
  if (!(await insertSession(db, req.sessionID, data, epoch, req.get('User-Agent')?.slice(0, 300)))) {
    throw new HttpError(422, 'This account was changed at this very moment. Please log in once more.');
  }
  await saveSession(req);
}

/**
 * A new id for the session, after its person has confirmed the password: whoever has had the one before is out. Throws a
 * refusal when the session has ended meanwhile.
 */
export async function renewSessionId(db: Database, req: Request): Promise<void> {
  const { id } = signedIn(req);
  const formerId = req.sessionID;
  const newId = newSessionId(id);
  if (!(await moveSession(db, formerId, newId)))
    throw new HttpError(401, 'You have been signed out. Nothing was changed.');
  req.sessionID = newId;
  const data = { ...(req.session as SessionData), formerSid: sessionKey(formerId)[1] };
  req.sessionStore.createSession(req, data); // as `req.session`, with this id
}

/** Keeps what was changed in the session before the answer leaves, for a page that shows it at once. */
export function saveSession(req: Request): Promise<void> {
  return settle((done) => req.session.save(done));
}

/** Signs out: the row is gone before the answer leaves. */
export async function endSession(req: Request, res: Response, site: Site): Promise<void> {
  await settle((done) => req.session.destroy(done));
  res.clearCookie(cookieName(site, 'session'), cookieOptions(site));
}

function settle(work: (done: (error?: unknown) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => work((error) => (error ? reject(error) : resolve())));
}

/** The door: everything behind it needs a signed-in person. Others log in first and come back. */
export function requireUser(req: Request, res: Response, next: NextFunction): void {
  if (req.user) return next();
  if (req.renderAgain) {
    throw new HttpError(401, 'You have been signed out. Log in to go on: your words are kept on this page.');
  }
  const wanted = req.method === 'GET' ? localPath(req.originalUrl) : undefined;
  res.redirect(303, wanted ? `/login?next=${encodeURIComponent(wanted)}` : '/login');
}

/** The person behind a request that has passed requireUser. */
export function signedIn(req: Request): Viewer {
  if (!req.user) throw new Error('This route is not behind requireUser.');
  return req.user;
}

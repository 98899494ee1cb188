// Sessions: one cookie, one query per page, and the only places where a session begins, changes and ends.
import { randomBytes } from 'node:crypto';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import session, { type SessionData } from 'express-session';
import { becomeOwner } from '../database/owner.ts';
import type { Database, Pool } from '../database/pool.ts';
import type { WebContext } from '../web/context.ts';
import { adoptCookies, type Cookies } from '../web/cookies.ts';
import { HttpError } from '../web/errors.ts';
import { flash, isPage } from '../web/flash.ts';
import { localPath } from '../web/local-path.ts';
import { isPrefetch } from '../web/prefetch.ts';
import { findSession, findSessionWith } from './finding-sessions.ts';
import { maxIdle, insertSession, moveSession, newSessionId, renewSession, sessionKey } from './queries.ts';
import { SessionStore } from './session-store.ts';
import type { Viewer } from './viewer.ts';

const seenEvery = 5 * 60 * 1000;

/** Reads the session; anonymous visitors get no cookie and no row. */
export function openSessions(ctx: WebContext): RequestHandler[] {
  const { config, cookies, pool } = ctx;
  const store = new SessionStore(pool, (id) => findSession(pool, id));
  const keys = [randomBytes(32).toString('base64url')]; // an empty list is refused; replaced below
  const openSession = session({
    name: cookies.name('session'),
    secret: keys,
    store,
    genid: (req) => newSessionId(req.signingIn),
    resave: false,
    saveUninitialized: false,
    cookie: { ...cookies.options, maxAge: maxIdle },
    proxy: config.isHttps || undefined,
  });
  const readSession = async (req: Request): Promise<void> => {
    const id = cookies.read(req, 'session');
    const readAt = Date.now();
    const { preloading } = req;
    const find = (sessionId: string) =>
      preloading ? findSessionWith(pool, sessionId, preloading) : findSession(pool, sessionId);
    const found = typeof id === 'string' ? await find(id) : null;
    if (found) req.sessionID = id as string;
    if (found?.viewer) found.viewer.readAt = readAt;
    req.session = Object.freeze(found ?? {}) as Request['session'];
  };
  const read = (req: Request, res: Response, next: NextFunction): void => {
    const isVisit = req.method === 'GET' || req.method === 'HEAD';
    // A GET never changes its session: express-session would compare, save and sign it at the end of each response.
    if (isVisit) readSession(req).then(() => next(), next);
    else {
      keys.splice(0, keys.length, ...cookies.keys('session')); // express-session reads it on each request
      openSession(req, res, next);
    }
  };
  const prepare = config.isHttps ? [assumeHttps] : [];
  return [...prepare, adoptCookies(cookies), read, greet(ctx)];
}

/** publicUrl is https, but a proxy may not say so, and express-session would then set no cookie. */
function assumeHttps(req: Request, res: Response, next: NextFunction): void {
  req.headers['x-forwarded-proto'] = 'https';
  next();
}

/** Sets the user for routes and views; renews session and cookie every five minutes, or to rename the cookie. */
function greet({ cookies, pool }: WebContext) {
  return (req: Request, res: Response, next: NextFunction): void => {
    const { viewer, seenAt = 0 } = req.session;
    req.user = viewer;
    if (viewer) becomeOwner(viewer.id);
    res.locals.user = viewer;
    if (!viewer || isPrefetch(req) || (!req.adoptsSession && Date.now() - seenAt <= seenEvery)) return next();
    renewSession(pool, req.sessionID, req.session as SessionData).then((expires) => {
      // Otherwise the browser drops the cookie a month after login, however often it is used.
      if (expires) cookies.set(res, 'session', req.sessionID, { expires });
      next();
    }, next);
  };
}

/** Signs in under a new id, against session fixation; throws an HttpError if all sessions were ended since `epoch`. */
export async function startSession(
  pool: Pool,
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
  if (!(await insertSession(pool, req.sessionID, data, epoch, req.get('User-Agent')?.slice(0, 300)))) {
    throw new HttpError(422, 'This account has just been changed. Please log in again.');
  }
  await saveSession(req);
}

/** Changes the id once the password is confirmed: a stolen one is void. Throws an HttpError if the session ended. */
export async function renewSessionId(db: Database, req: Request): Promise<void> {
  const { id } = signedIn(req);
  const formerId = req.sessionID;
  const newId = newSessionId(id);
  if (!(await moveSession(db, formerId, newId)))
    throw new HttpError(401, 'You were logged out. Nothing was changed.');
  req.sessionID = newId;
  const data = { ...(req.session as SessionData), formerSid: sessionKey(formerId)[1] };
  req.sessionStore.createSession(req, data); // as `req.session`, with this id
}

type Changes = { [Name in keyof SessionData]?: SessionData[Name] | undefined };

/** For forms only: on a GET the session is frozen. Express-session saves it at the end of the response. */
export function changeSession(req: Request, changes: Changes): void {
  Object.assign(req.session, changes);
}

/** Saves before the response is sent, for a page that shows the change immediately. */
export function saveSession(req: Request): Promise<void> {
  return settle((done) => req.session.save(done));
}

/** Deletes the row before the response is sent. */
export async function endSession(req: Request, res: Response, cookies: Cookies): Promise<void> {
  await settle((done) => req.session.destroy(done));
  cookies.clear(res, 'session');
}

function settle(work: (done: (error?: unknown) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => work((error) => (error ? reject(error) : resolve())));
}

/** Others log in first and return to the page. Who was logged in before reads why. */
export function requireUser(ctx: WebContext): RequestHandler {
  return function redirectAnonymous(req, res, next) {
    if (req.user) return next();
    if (req.renderAgain) {
      throw new HttpError(401, 'You were logged out. Log in to continue: your text is kept on this page.');
    }
    if (wasSignedIn(ctx, req)) flash(ctx, res, { line: loggedOut[req.method === 'GET' ? 'page' : 'form'] });
    const wanted = req.method === 'GET' ? localPath(req.originalUrl) : undefined;
    res.redirect(303, wanted ? `/login?next=${encodeURIComponent(wanted)}` : '/login');
  };
}

const loggedOut = {
  page: 'You were logged out. Log in to continue.',
  form: 'You were logged out, so nothing was changed. Log in to continue.',
};

/** By the cookies of this browser alone: a session that has ended, or an earlier login. */
function wasSignedIn({ cookies }: WebContext, req: Request): boolean {
  if (req.method === 'GET' && !isPage(req)) return false;
  return (['session', 'browser'] as const).some((kind) => typeof cookies.read(req, kind) === 'string');
}

export function signedIn(req: Request): Viewer {
  if (!req.user) throw new Error('This route is not behind requireUser.');
  return req.user;
}

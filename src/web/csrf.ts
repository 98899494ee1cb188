// Forged forms: refused by where the browser says they come from, then by a token that only our pages hold.
import { METHODS } from 'node:http';
import csurf from 'csurf';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { cookieName, cookieOptions, type Site } from './cookies.ts';
import { HttpError } from './errors.ts';
import { typedIn } from './forms.ts';
import type { Log } from './log.ts';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Browsers say with Sec-Fetch-Site, or else with Origin, which site a form was on. Ours is the host the request was
 * sent to, whatever name or address that is; a proxy that is trusted may name it in X-Forwarded-Host. Programs that are
 * no browser send neither; the token is left for them. (OWASP CSRF Prevention Cheat Sheet, "Fetch Metadata"; the same
 * algorithm as Go's http.CrossOriginProtection.)
 */
export function refuseOtherSites(log: Log): RequestHandler {
  return (req, res, next) => {
    if (safeMethods.has(req.method)) return next();
    const site = req.get('Sec-Fetch-Site');
    const origin = req.get('Origin');
    if (site === 'same-origin' || site === 'none' || (!site && !origin)) return next();
    if (site) throw new HttpError(403, fromElsewhere);
    const asked = hostOf(origin!);
    if (asked && [req.get('Host'), req.host].some((host) => host && asked === hostOf(`http://${host}`)))
      return next();
    // What Origin says is not for the log: it may tell where somebody came from.
    log.warn({ request: req.id, host: req.get('Host')?.slice(0, 200) }, `refused a form: ${changedHost}`);
    throw new HttpError(403, `${fromElsewhere} ${ifNot}`);
  };
}

const fromElsewhere = 'This form came from another website, so it was not accepted.';

const ifNot =
  'If it did not, tell the person who runs this server: a proxy in front of it has changed the Host header.';

const changedHost =
  'its Origin header does not match the Host header. A proxy in front of this server must pass the Host header on ' +
  'unchanged (nginx: proxy_set_header Host $http_host; Apache: ProxyPreserveHost On).';

/**
 * The host of an address with its port, in one spelling: in small letters, names of other scripts in Punycode (both by
 * URL), no dot at the end. The default port of either scheme counts as none: a proxy that takes https away may name
 * its own.
 */
function hostOf(address: string): string | undefined {
  const url = URL.parse(address);
  return url?.host && url.host.replace(/:(80|443)$/, '').replace(/\.(?=:|$)/, '');
}

// The token comes from the form alone; csurf would take it from the address as well, which ends up in logs.
const value = (req: Request): string => typedIn(req.body)._csrf ?? '';

// Only POST changes anything; every other method may pass, to be told that it is the wrong one.
const ignoreMethods = METHODS.filter((method) => method !== 'POST');

const checkToken = csurf({ value, ignoreMethods });

/** For forms of signed-in people: the secret is in their session. */
export function guardForms(req: Request, res: Response, next: NextFunction): void {
  if (req.method === 'POST') checkToken(req, res, next);
  else next();
}

/** For the forms that strangers see: the secret is in a signed cookie, so that no row is written for them. */
export function guardAnonymousForms(site: Site): RequestHandler[] {
  const cookie = { ...cookieOptions(site), key: cookieName(site, 'form'), signed: true };
  return [csurf({ value, ignoreMethods, cookie })];
}

/** For a page that shows a stranger's form in answer to something else: gives it its token. */
export function anonymousToken(site: Site) {
  const cookie = { ...cookieOptions(site), key: cookieName(site, 'form'), signed: true };
  const lend = csurf({ value, cookie, ignoreRequest: () => true });
  return (req: Request, res: Response): void => lend(req, res, () => {});
}

/**
 * Lets views write the token; made only when a view asks for it. Where the secret could not be read, because the
 * database is away, the form keeps the token that it came with.
 */
export function offerToken(req: Request, res: Response, next: NextFunction): void {
  // Bound: requests with a closure stored on them survive collections of garbage, which copy them (measured, V8 14.6).
  res.locals.csrfToken = tokenOf.bind(undefined, req);
  next();
}

function tokenOf(req: Request): string {
  const secret = req.session?.csrfSecret;
  if (!req.csrfToken && secret) req.csrfToken = tokenMaker(secret);
  return req.csrfToken?.() ?? value(req);
}

/**
 * For somebody signed in whose form is only shown. csurf writes a function to the request it is given. V8 expects such a
 * function to live long and makes it among old objects, so that all it reaches stays until the next full collection of
 * garbage: the whole request, if it were that one (V8 14.6; seen with a sampling heap profile).
 */
function tokenMaker(csrfSecret: string): () => string {
  const asked = { method: 'GET', session: { csrfSecret } } as Request;
  checkToken(asked, {} as Response, () => {});
  return asked.csrfToken;
}

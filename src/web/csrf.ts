// CSRF protection: Sec-Fetch-Site or Origin first, then a token.
import { METHODS } from 'node:http';
import csurf from 'csurf';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { WebContext } from './context.ts';
import type { Cookies } from './cookies.ts';
import { HttpError } from './errors.ts';
import { typedIn } from './forms.ts';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Fetch Metadata (OWASP CSRF Prevention Cheat Sheet), with the algorithm of Go's http.CrossOriginProtection. */
export function refuseOtherSites({ log }: WebContext): RequestHandler {
  return (req, res, next) => {
    if (safeMethods.has(req.method)) return next();
    const site = req.get('Sec-Fetch-Site');
    const origin = req.get('Origin');
    if (site === 'same-origin' || site === 'none' || (!site && !origin)) return next(); // non-browsers: token only
    if (site) throw new HttpError(403, fromElsewhere);
    const asked = hostOf(origin!); // below, req.host honors X-Forwarded-Host of a trusted proxy
    if (asked && [req.get('Host'), req.host].some((host) => host && asked === hostOf(`http://${host}`)))
      return next();
    // Origin is not logged: it may reveal which site the user came from.
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

// Normalized host and port. :80 and :443 are dropped, as a TLS-terminating proxy may name its own port.
function hostOf(address: string): string | undefined {
  const url = URL.parse(address);
  return url?.host && url.host.replace(/:(80|443)$/, '').replace(/\.(?=:|$)/, '');
}

const value = (req: Request): string => typedIn(req.body)._csrf ?? ''; // never from the URL, which is logged

const ignoreMethods = METHODS.filter((method) => method !== 'POST'); // they get 405, not 403

const checkToken = csurf({ value, ignoreMethods });

export function guardForms(req: Request, res: Response, next: NextFunction): void {
  if (req.method === 'POST') checkToken(req, res, next);
  else next();
}

/** For signed-out users: the secret is in a signed cookie, so that no row is written for them. */
export function guardAnonymousForms({ cookies }: WebContext): RequestHandler {
  return csurf({ value, ignoreMethods, cookie: formCookie(cookies) });
}

/** For an anonymous form on a page that another route answers with. */
export function lendAnonymousToken({ cookies }: WebContext, req: Request, res: Response): void {
  const lend = csurf({ value, cookie: formCookie(cookies), ignoreRequest: () => true });
  lend(req, res, () => {});
}

function formCookie(cookies: Cookies) {
  return { ...cookies.options, key: cookies.name('form'), signed: true };
}

/** Made on demand. If the session's secret cannot be read (database down), the form keeps the token it came with. */
export function offerToken(req: Request, res: Response, next: NextFunction): void {
  res.locals.csrfToken = () => tokenOf(req);
  next();
}

function tokenOf(req: Request): string {
  const secret = req.session?.csrfSecret;
  if (!req.csrfToken && secret) req.csrfToken = tokenMaker(secret);
  return req.csrfToken?.() ?? value(req);
}

// A stand-in: V8 would keep the request with csurf's function (docs/decisions/v8-memory.md).
function tokenMaker(csrfSecret: string): () => string {
  const asked = { method: 'GET', session: { csrfSecret } } as Request;
  checkToken(asked, {} as Response, () => {});
  return asked.csrfToken;
}

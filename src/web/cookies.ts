// Every cookie of the app: names, options, signing keys and lazy parsing.
import { createHash, createHmac } from 'node:crypto';
import cookieParser from 'cookie-parser';
import type { CookieOptions, Express, Request, RequestHandler, Response } from 'express';
import type { Config } from '../config.ts';

type Site = Pick<Config, 'publicUrl' | 'isHttps'>;

/** `form`: CSRF secret while signed out; `second`: pending login; `zone`: time zone, set unsigned by public/app.js. */
export type CookieKind = SignedKind | 'zone';
const signedKinds = ['session', 'browser', 'form', 'flash', 'second', 'enrolment'] as const;
export type SignedKind = (typeof signedKinds)[number];

export interface Cookies {
  readonly options: Pick<CookieOptions, 'httpOnly' | 'sameSite' | 'secure' | 'path'>;
  name: (kind: CookieKind) => string;
  keys: (kind: SignedKind) => string[]; // the first one signs
  /** The value if it is validly signed; JSON is parsed. */
  read: (req: Request, kind: SignedKind) => unknown;
  set: (res: Response, kind: SignedKind, value: string | object, lasts?: Lasts) => void;
  clear: (res: Response, kind: SignedKind) => void;
}

type Lasts = Pick<CookieOptions, 'maxAge' | 'expires'>;

/** Each kind has its own key, derived from `secrets`: a cookie can be neither forged nor used as another kind. */
export function createCookies({ publicUrl, isHttps }: Site, secrets: string[]): Cookies {
  const options = { httpOnly: true, sameSite: 'lax', secure: isHttps, path: '/' } as const;
  // Cookies ignore ports: the hash separates installations on one host. `__Host-`: RFC 6265bis, 4.1.3.2.
  const prefix = `${isHttps ? '__Host-' : ''}pm-${createHash('sha256').update(publicUrl).digest('hex').slice(0, 8)}`;
  const name = (kind: CookieKind) => `${prefix}-${kind}`;
  const keys = keyDeriver(secrets);
  return {
    options,
    name,
    keys,
    read: (req, kind) => req.signedCookies[name(kind)] as unknown,
    set(res, kind, value, lasts = {}) {
      const text = typeof value === 'object' ? `j:${JSON.stringify(value)}` : value;
      // as cookie-signature
      const signature = createHmac('sha256', keys(kind)[0]!).update(text).digest('base64').replace(/=+$/, '');
      res.cookie(name(kind), `s:${text}.${signature}`, { ...options, ...lasts });
    },
    clear: (res, kind) => void res.clearCookie(name(kind), options),
  };
}

/** Adopts validly signed cookies under former names (version 0.1.0, other site URLs), so that nobody is signed out. */
export function adoptCookies({ name, keys, options }: Cookies): RequestHandler {
  const kinds = (['session', 'browser'] as const).map((kind) => ({
    kind,
    ours: name(kind),
    others: new RegExp(`^${options.secure ? '__Host-' : ''}(pm-[0-9a-f]{8}-)?${kind}$`),
  }));
  return (req, res, next) => {
    const { cookie } = req.headers;
    if (!cookie) return next();
    const pairs = cookie.split(/; */).map((pair) => pair.split('=', 2) as [string, string?]);
    for (const { kind, ours, others } of kinds) {
      if (pairs.some(([key]) => key === ours)) continue;
      const found = pairs.find(([key, value = '']) => others.test(key) && isSigned(value, keys(kind)));
      if (!found) continue;
      req.headers.cookie += `; ${ours}=${found[1]}`;
      if (kind === 'session') req.adoptsSession = true;
    }
    next();
  };
}

function isSigned(value: string, keys: string[]): boolean {
  try {
    const signed = decodeURIComponent(value);
    return signed.startsWith('s:') && cookieParser.signedCookie(signed, keys) !== false;
  } catch {
    return false; // malformed percent-encoding
  }
}

// Session and browser cookies also verify with the raw secrets, with which version 0.1.0 signed every kind.
function keyDeriver(secrets: string[]): (kind: SignedKind) => string[] {
  const known = new Map<string, string>(); // derived once, not for each page
  const derive = (secret: string, kind: SignedKind): string => {
    const cacheKey = `${kind} ${secret}`;
    const key =
      known.get(cacheKey) ?? createHmac('sha256', secret).update(`cookie ${kind}`).digest('base64url');
    known.set(cacheKey, key);
    return key;
  };
  return (kind) => {
    const keys = secrets.map((secret) => derive(secret, kind));
    return kind === 'session' || kind === 'browser' ? [...keys, ...secrets] : keys;
  };
}

/** Parses on first access: most pages need only the session cookie. csurf signs with `secret`. */
export function parseCookiesLazily(app: Express, { name, keys }: Cookies): void {
  const parse = cookieParser();
  Object.defineProperties(app.request, {
    secret: { get: () => keys('form')[0] },
    signedCookies: {
      get(this: Request): Record<string, unknown> {
        const { headers } = this;
        const read = { headers } as Request;
        parse(read, {} as Response, () => {});
        const signed: Record<string, unknown> = {};
        for (const kind of signedKinds) {
          const value: unknown = read.cookies[name(kind)];
          if (typeof value !== 'string' || !value.startsWith('s:')) continue;
          const text = cookieParser.signedCookie(value, keys(kind));
          if (text !== false) signed[name(kind)] = cookieParser.JSONCookie(text) ?? text;
        }
        Object.defineProperty(this, 'signedCookies', { value: signed });
        return signed;
      },
    },
  });
}

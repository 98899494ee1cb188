// Every cookie of the app: names, options, signing keys and lazy parsing.
import { createHash, createHmac } from 'node:crypto';
import cookieParser from 'cookie-parser';
import type { Express, Request, RequestHandler, Response } from 'express';
import type { Config } from '../config.ts';

export type Site = Pick<Config, 'publicUrl' | 'isHttps'>;

/** `form`: CSRF secret while signed out; `second`: pending login; `zone`: time zone, set unsigned by public/app.js. */
export type CookieKind = SignedKind | 'zone';
const signedKinds = ['session', 'browser', 'form', 'flash', 'second', 'enrolment'] as const;
export type SignedKind = (typeof signedKinds)[number];

export function cookieOptions({ isHttps }: Site) {
  return { httpOnly: true, sameSite: 'lax', secure: isHttps, path: '/' } as const;
}

/** Cookies ignore ports: the hash separates installations on one host. `__Host-`: RFC 6265bis, 4.1.3.2. */
export function cookieName({ publicUrl, isHttps }: Site, kind: CookieKind): string {
  const suffix = createHash('sha256').update(publicUrl).digest('hex').slice(0, 8);
  return `${isHttps ? '__Host-' : ''}pm-${suffix}-${kind}`;
}

/** Each kind has its own key: a cookie can be neither forged nor used as another kind. */
export function setSignedCookie(
  res: Response,
  site: Site,
  kind: SignedKind,
  value: string | object,
  options: { maxAge?: number; expires?: Date } = {},
): void {
  const text = typeof value === 'object' ? `j:${JSON.stringify(value)}` : value;
  const key = res.req.cookieKeys(kind)[0]!;
  const signature = createHmac('sha256', key).update(text).digest('base64').replace(/=+$/, ''); // as cookie-signature
  res.cookie(cookieName(site, kind), `s:${text}.${signature}`, { ...cookieOptions(site), ...options });
}

/** Adopts validly signed cookies under former names (version 0.1.0, other site URLs), so that nobody is signed out. */
export function adoptCookies(site: Site): RequestHandler {
  const kinds = (['session', 'browser'] as const).map((kind) => ({
    kind,
    name: cookieName(site, kind),
    others: new RegExp(`^${site.isHttps ? '__Host-' : ''}(pm-[0-9a-f]{8}-)?${kind}$`),
  }));
  return (req, res, next) => {
    const { cookie } = req.headers;
    if (!cookie) return next();
    const pairs = cookie.split(/; */).map((pair) => pair.split('=', 2) as [string, string?]);
    for (const { kind, name, others } of kinds) {
      if (pairs.some(([key]) => key === name)) continue;
      const found = pairs.find(
        ([key, value = '']) => others.test(key) && isSigned(value, req.cookieKeys(kind)),
      );
      if (!found) continue;
      req.headers.cookie += `; ${name}=${found[1]}`;
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
    const place = `${kind} ${secret}`;
    const key = known.get(place) ?? createHmac('sha256', secret).update(`cookie ${kind}`).digest('base64url');
    known.set(place, key);
    return key;
  };
  return (kind) => {
    const keys = secrets.map((secret) => derive(secret, kind));
    return kind === 'session' || kind === 'browser' ? [...keys, ...secrets] : keys;
  };
}

/** Parses on first access: most pages need only the session cookie. csurf signs with `secret`. */
export function parseCookiesLazily(app: Express, site: Site, secrets: string[]): void {
  const parse = cookieParser();
  Object.defineProperties(app.request, {
    cookieKeys: { value: keyDeriver(secrets) },
    secret: {
      get(this: Request) {
        return this.cookieKeys('form')[0];
      },
    },
    signedCookies: {
      get(this: Request): Record<string, unknown> {
        const { headers } = this;
        const read = { headers } as Request;
        parse(read, {} as Response, () => {});
        const signed: Record<string, unknown> = {};
        for (const kind of signedKinds) {
          const name = cookieName(site, kind);
          const value: unknown = read.cookies[name];
          if (typeof value !== 'string' || !value.startsWith('s:')) continue;
          const text = cookieParser.signedCookie(value, this.cookieKeys(kind));
          if (text !== false) signed[name] = cookieParser.JSONCookie(text) ?? text;
        }
        Object.defineProperty(this, 'signedCookies', { value: signed });
        return signed;
      },
    },
  });
}

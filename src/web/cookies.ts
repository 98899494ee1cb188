// Every cookie of the program: its name, its options, and how it is read.
import { createHash, createHmac } from 'node:crypto';
import cookieParser from 'cookie-parser';
import type { Express, Request, RequestHandler, Response } from 'express';
import type { Config } from '../config.ts';

/** What tells one site from another. */
export type Site = Pick<Config, 'publicUrl' | 'isHttps'>;

/** `form` is the CSRF secret of anonymous visitors, `second` a login that waits for its second factor, `zone` the browser's time
 * zone, which the script writes. */
export type CookieKind = SignedKind | 'zone';
const signedKinds = ['session', 'browser', 'form', 'flash', 'second', 'enrolment'] as const;
export type SignedKind = (typeof signedKinds)[number];

/** Options of every cookie: for this host alone, and over https only where the site is https. */
export function cookieOptions({ isHttps }: Site) {
  return { httpOnly: true, sameSite: 'lax', secure: isHttps, path: '/' } as const;
}

/**
 * Browsers keep one cookie jar for all ports of a host, so the name differs by the site's address: two installations on
 * one host leave each other's cookies alone. `__Host-` makes browsers refuse such a cookie from anywhere but this host
 * over https (RFC 6265bis, 4.1.3.2).
 */
export function cookieName({ publicUrl, isHttps }: Site, kind: CookieKind): string {
  const suffix = createHash('sha256').update(publicUrl).digest('hex').slice(0, 8);
  return `${isHttps ? '__Host-' : ''}pm-${suffix}-${kind}`;
}

/** Gives the browser a cookie of this kind that nobody can make up, or use as one of another kind. */
export function setSignedCookie(
  res: Response,
  site: Site,
  kind: SignedKind,
  value: string | object,
  options: { maxAge?: number; expires?: Date } = {},
): void {
  const text = typeof value === 'object' ? `j:${JSON.stringify(value)}` : value;
  const key = res.req.cookieKeys(kind)[0]!;
  // The format of cookie-signature, which express-session and cookie-parser read.
  const signature = createHmac('sha256', key).update(text).digest('base64').replace(/=+$/, '');
  res.cookie(cookieName(site, kind), `s:${text}.${signature}`, { ...cookieOptions(site), ...options });
}

/**
 * Accepts a session or a known browser under another of our names where there is none under the right one: under the
 * name of version 0.1.0, of another process of this site, or of an address that the site has moved from. Nobody is
 * signed out by that. The signature tells ours from those of another installation.
 */
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
    return false; // not percent-encoded as we do it
  }
}

/**
 * What gives the keys of a kind of cookie, made of the signing keys, the one that signs first. Sessions and known
 * browsers also verify with the signing keys themselves, with which version 0.1.0 signed all kinds.
 */
function keyDeriver(secrets: string[]): (kind: SignedKind) => string[] {
  const known = new Map<string, string>(); // each page would make them anew
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

/**
 * Gives the requests of this app `cookieKeys` (the keys of a kind of cookie), `signedCookies` (those whose signature is
 * right, by name), and `secret`, with which csurf signs. Parsed on first use: most pages need no cookie but the session's.
 */
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

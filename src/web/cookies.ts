// Every cookie of the program: its name, its options, and how it is read.
import { createHash } from 'node:crypto';
import cookieParser from 'cookie-parser';
import type { Express, Request, RequestHandler, Response } from 'express';
import type { Config } from '../config.ts';

/** What tells one site from another. */
export type Site = Pick<Config, 'publicUrl' | 'isHttps'>;

/** `form` is the CSRF secret of anonymous visitors, `second` a login that waits for its second factor, `zone` the browser's time
 * zone, which the script writes. */
export type CookieKind = 'session' | 'browser' | 'form' | 'flash' | 'second' | 'enrolment' | 'zone';

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

/**
 * Accepts a session or a known browser under another of our names where there is none under the right one: under the
 * name of version 0.1.0, of another process of this site, or of an address that the site has moved from. Nobody is
 * signed out by that. The signature tells ours from those of another installation.
 */
export function adoptCookies(site: Site, secrets: string[]): RequestHandler {
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
      const found = pairs.find(([key, value = '']) => others.test(key) && isSigned(value, secrets));
      if (!found) continue;
      req.headers.cookie += `; ${name}=${found[1]}`;
      if (kind === 'session') req.adoptsSession = true;
    }
    next();
  };
}

function isSigned(value: string, secrets: string[]): boolean {
  try {
    const signed = decodeURIComponent(value);
    return signed.startsWith('s:') && cookieParser.signedCookie(signed, secrets) !== false;
  } catch {
    return false; // not percent-encoded as we do it
  }
}

/**
 * Gives the requests of this app `signedCookies`, and `secret`, with which answers sign theirs: the first of these.
 * Parsed on first use: most pages need no cookie but the session's.
 */
export function parseCookiesLazily(app: Express, secrets: string[]): void {
  const parse = cookieParser(secrets);
  Object.defineProperties(app.request, {
    secret: { get: () => secrets[0] },
    signedCookies: {
      get(this: Request): Record<string, unknown> {
        const { headers } = this;
        const read = { headers } as Request;
        parse(read, {} as Response, () => {});
        Object.defineProperty(this, 'signedCookies', { value: read.signedCookies });
        return read.signedCookies;
      },
    },
  });
}

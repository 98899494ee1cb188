// Security headers: CSP, HSTS, referrer policy, caching.
import type { NextFunction, Request, Response } from 'express';
import helmet from 'helmet';
import type { Config, Hsts } from '../config.ts';

export function secureHeaders({ isHttps, hsts }: Pick<Config, 'isHttps' | 'hsts'>) {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        connectSrc: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
        requireTrustedTypesFor: ["'script'"], // no script here makes HTML from text, and no injected one can
        trustedTypes: ["'none'"],
        ...(isHttps ? { upgradeInsecureRequests: [] } : {}), // on HTTP, forms would go to HTTPS, which nobody serves
      },
    },
    strictTransportSecurity: isHttps && transportSecurity(hsts),
    referrerPolicy: { policy: 'same-origin' }, // helmet's no-referrer makes forms send "Origin: null"
    xFrameOptions: { action: 'deny' },
  });
}

// nginx sends the same for its own files (nginx/settings.sh). Preload lists require one year (hstspreload.org).
function transportSecurity(hsts: Hsts) {
  if (hsts === 'off') return false;
  return { maxAge: 31_536_000, includeSubDomains: hsts !== 'host', preload: hsts === 'preload' };
}

/** For secret URLs, such as reset links: no request carries the path. `no-referrer` would drop the form's Origin. */
export function hideAddress(req: Request, res: Response, next: NextFunction): void {
  res.set('Referrer-Policy', 'strict-origin');
  next();
}

export function neverStore(req: Request, res: Response, next: NextFunction): void {
  res.set('Cache-Control', 'no-store'); // pages hold private messages: no cache may keep them
  next();
}

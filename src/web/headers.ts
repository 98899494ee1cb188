// What every answer tells the browser about safety.
import type { NextFunction, Request, Response } from 'express';
import helmet from 'helmet';
import type { Config, Hsts } from '../config.ts';

/** Our own files and nothing else; no scripts or styles inside pages; nobody may frame us. */
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
        // No script of ours makes HTML of text, and none that gets in can.
        requireTrustedTypesFor: ["'script'"],
        trustedTypes: ["'none'"],
        // On plain http these would send forms to an https address that nobody serves.
        ...(isHttps ? { upgradeInsecureRequests: [] } : {}),
      },
    },
    strictTransportSecurity: isHttps && transportSecurity(hsts),
    // With helmet's default, no-referrer, browsers send "Origin: null" along with our own forms.
    referrerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
  });
}

/** nginx says the same for its own files (docker-compose.yml). A year is what preload lists ask for (hstspreload.org). */
function transportSecurity(hsts: Hsts) {
  if (hsts === 'off') return false;
  return { maxAge: 31_536_000, includeSubDomains: hsts !== 'host', preload: hsts === 'preload' };
}

/**
 * For pages whose address is a secret, such as a link that sets a password: nothing of it goes anywhere, not even with
 * the page's own files. With `no-referrer` the form on the page would be sent without its Origin.
 */
export function hideAddress(req: Request, res: Response, next: NextFunction): void {
  res.set('Referrer-Policy', 'strict-origin');
  next();
}

/** Pages hold private words: no cache keeps them, neither the browser's nor one in between. */
export function neverStore(req: Request, res: Response, next: NextFunction): void {
  res.set('Cache-Control', 'no-store');
  next();
}

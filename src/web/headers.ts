// What every answer tells the browser about safety.
import type { NextFunction, Request, Response } from 'express';
import helmet from 'helmet';

/** Our own files and nothing else; no scripts or styles inside pages; nobody may frame us. */
export function secureHeaders(isHttps: boolean) {
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
        // On plain http these would send forms to an https address that nobody serves.
        ...(isHttps ? { upgradeInsecureRequests: [] } : {}),
      },
    },
    strictTransportSecurity: isHttps && { maxAge: 31_536_000, includeSubDomains: false },
    // With helmet's default, no-referrer, browsers send "Origin: null" along with our own forms.
    referrerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
  });
}

/** Pages hold private words: no cache keeps them, neither the browser's nor one in between. */
export function neverStore(req: Request, res: Response, next: NextFunction): void {
  res.set('Cache-Control', 'no-store');
  next();
}

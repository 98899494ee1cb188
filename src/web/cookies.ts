// Signed cookies, read when somebody asks for them: most pages need none but the session's, which express-session reads.
import cookieParser from 'cookie-parser';
import type { Express, Request, Response } from 'express';

/** Gives the requests of this app `signedCookies`, and `secret`, with which answers sign theirs: the first of these. */
export function readCookiesLate(app: Express, secrets: string[]): void {
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

// What a session adds to a request, and the data stored in a session.
import type { Preloading } from './preload.ts';
import type { Viewer } from './viewer.ts';

declare global {
  namespace Express {
    interface Request {
      user?: Viewer; // use `signedIn(req)` in routes behind requireUser
      preloading?: Preloading; // set by startPreload; read it by preloaded()
      signingIn?: string; // the user id for the session about to be created
    }
  }
}

declare module 'express-session' {
  /** Read-only: a GET never saves its session. A form changes it by changeSession. */
  interface SessionData {
    readonly startedAt: number; // milliseconds since 1970, as all times here
    readonly seenAt: number; // the last request, accurate to five minutes
    readonly confirmedAt?: number; // the last sign-in or password confirmation
    readonly factorAt?: number; // the last confirmation of the second factor since the login
    readonly recoveredAt?: number; // of a login by recovery code: a new password does not need the old one for a while
    readonly offersCodes?: boolean; // signed in without recovery codes: the inbox offers them until "Not now"
    readonly csrfSecret: string;
    readonly formerSid?: string; // its key before the password was confirmed: pages opened with it remain valid
    readonly viewer?: Viewer;
  }
}

// What a session adds to a request, and what is stored in one.
import type { Viewer } from './viewer.ts';

declare global {
  namespace Express {
    interface Request {
      /** Who is signed in; routes behind requireUser use `signedIn(req)`. */
      user?: Viewer;
      /** Whose session is about to be made; read when its id is made. */
      signingIn?: string;
    }
  }
}

declare module 'express-session' {
  interface SessionData {
    /** Milliseconds since 1970 of the sign-in and of the last request, the latter give or take five minutes. */
    startedAt: number;
    seenAt: number;
    /** When the person last proved who they are: at the sign-in, or when asked for the password again. */
    confirmedAt?: number;
    /** When the person came in with a recovery code: for a while they set a new password without the old one. */
    recoveredAt?: number;
    /** The inbox offers recovery codes to who had none at the sign-in, until they say "Not now". */
    offersCodes?: boolean;
    csrfSecret: string;
    /** The hash of its id before the password was confirmed: pages that were opened with that one are still its own. */
    formerSid?: string;
    viewer?: Viewer;
  }
}

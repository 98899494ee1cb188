// What our middleware adds to a request.
import type { OpenTwoFactorLogin } from '../accounts/second-factor/two-factor-login.ts';
import type { BusboyFileStream } from '@fastify/busboy';
import type { SignedKind } from './cookies.ts';
import type { Refusal } from './errors.ts';
import type { Viewer } from '../sessions/viewer.ts';

declare global {
  namespace Express {
    interface Request {
      /** Names this request in the log and on the error page. */
      id: string;
      /** Who is signed in; routes behind requireUser use `signedIn(req)`. */
      user?: Viewer;
      /** Shows the form again with everything typed, whatever refused it. Set by keepTyped. */
      renderAgain?: (refusal: Refusal) => void;
      /** Whose session is about to be made; read when its id is made. */
      signingIn?: string;
      /** Whose password was right, on the pages of the second step. */
      twoFactorLogin?: OpenTwoFactorLogin;
      /** The file of a form that has one, not read yet. Set by receiveUpload. */
      upload?: BusboyFileStream;
      /** Puts off the moment at which a body that is still arriving is cut off. Set by limitSlowRequests. */
      stillComing?(): void;
      /** The session's cookie came under another name. Set by adoptCookies. */
      adoptsSession?: boolean;
      /** The keys that sign a kind of cookie, the one in use first. */
      cookieKeys(kind: SignedKind): string[];
      /** Set where a form guard has read its secret. */
      csrfToken?(): string;
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

// What our middleware adds to a request.
import type { BusboyFileStream } from '@fastify/busboy';
import type { SignedKind } from './cookies.ts';
import type { Refusal } from './errors.ts';

declare global {
  namespace Express {
    interface Request {
      /** Names this request in the log and on the error page. */
      id: string;
      /** Shows the form again with everything typed, whatever refused it. Set by preserveInput. */
      renderAgain?: (refusal: Refusal) => void;
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

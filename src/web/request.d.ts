// Properties that our middleware adds to Express requests.
import type { BusboyFileStream } from '@fastify/busboy';
import type { Refusal } from './errors.ts';

declare global {
  namespace Express {
    interface Request {
      id: string;
      renderAgain?: (refusal: Refusal) => void; // set by preserveInput
      upload?: BusboyFileStream; // not read yet; set by receiveUpload
      stillComing?(): void; // restarts the body's timeout; set by limitSlowRequests
      adoptsSession?: boolean; // the cookie had another name; set by adoptCookies
      accountTried?: string | undefined; // the id of whose credentials an anonymous form tried, for the security log
      csrfToken?(): string; // set once a form guard has read its secret
    }
  }
}

// What a two-factor login adds to a request.
import type { OpenTwoFactorLogin } from './two-factor-login.ts';

declare global {
  namespace Express {
    interface Request {
      /** Whose password was right, on the pages of the second step. */
      twoFactorLogin?: OpenTwoFactorLogin;
    }
  }
}

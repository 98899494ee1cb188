// Adds the two-factor login to Express requests.
import type { OpenTwoFactorLogin } from './two-factor-login.ts';

declare global {
  namespace Express {
    interface Request {
      twoFactorLogin?: OpenTwoFactorLogin;
    }
  }
}

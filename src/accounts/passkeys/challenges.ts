// WebAuthn challenges: short-lived and bound to one purpose.
import { randomBytes } from 'node:crypto';
import type { Encryption } from '../../secrets/encryption.ts';
import { maxNonceAge } from '../../secrets/nonces.ts';

export interface Challenges {
  make(purpose: string): string;
  /** Whether it was made here, for this purpose, within `maxNonceAge`. */
  isOurs(purpose: string, challenge: unknown): boolean;
}

/** Stateless: a challenge encrypts its own creation time, so rendering a page that offers passkeys writes nothing. */
export function openChallenges(encryption: Encryption): Challenges {
  const placeOf = (purpose: string) => `passkey challenge: ${purpose}`;
  return {
    make(purpose) {
      const content = Buffer.concat([Buffer.alloc(8), randomBytes(16)]);
      content.writeBigInt64BE(BigInt(Date.now()));
      return encryption.encrypt(placeOf(purpose), content).toString('base64url');
    },
    isOurs(purpose, challenge) {
      if (typeof challenge !== 'string') return false;
      const content = encryption.decrypt(placeOf(purpose), Buffer.from(challenge, 'base64url'));
      return content !== undefined && Date.now() - Number(content.readBigInt64BE()) < maxNonceAge;
    },
  };
}

// Challenges: what a passkey signs, so that an answer is of now and for this very purpose.
import { randomBytes } from 'node:crypto';
import type { Encryption } from '../../secrets/encryption.ts';
import { maxNonceAge } from '../../secrets/nonces.ts';

export interface Challenges {
  make(purpose: string): string;
  /** Whether it was made here for this purpose, lately. */
  isOurs(purpose: string, challenge: unknown): boolean;
}

/**
 * A challenge is its own record: when it was made, sealed for its purpose, with random bytes that nobody can guess. It
 * travels through the browser and comes back signed, so that a page that offers passkeys writes nothing anywhere.
 */
export function openChallenges(encryption: Encryption): Challenges {
  const placeOf = (purpose: string) => `passkey challenge: ${purpose}`;
  return {
    make(purpose) {
      const content = Buffer.concat([Buffer.alloc(8), randomBytes(16)]);
      content.writeBigInt64BE(BigInt(Date.now()));
      return encryption.close(placeOf(purpose), content).toString('base64url');
    },
    isOurs(purpose, challenge) {
      if (typeof challenge !== 'string') return false;
      const content = encryption.open(placeOf(purpose), Buffer.from(challenge, 'base64url'));
      return content !== undefined && Date.now() - Number(content.readBigInt64BE()) < maxNonceAge;
    },
  };
}

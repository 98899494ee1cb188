// WebAuthn challenges: short-lived and bound to one purpose.
import { randomBytes } from 'node:crypto';
import type { Encryption } from '../../secrets/encryption.ts';
import { maxNonceAge } from '../../secrets/nonces.ts';

const contextOf = (purpose: string) => `passkey challenge: ${purpose}`;

/** Stateless: a challenge encrypts its own creation time, so rendering a page that offers passkeys writes nothing. */
export function createChallenge(encryption: Encryption, purpose: string): string {
  const content = Buffer.concat([Buffer.alloc(8), randomBytes(16)]);
  content.writeBigInt64BE(BigInt(Date.now()));
  return encryption.encrypt(contextOf(purpose), content).toString('base64url');
}

/** Whether it was created here, for this purpose, within `maxNonceAge`. */
export function isOwnChallenge(encryption: Encryption, purpose: string, challenge: unknown): boolean {
  if (typeof challenge !== 'string') return false;
  const content = encryption.decrypt(contextOf(purpose), Buffer.from(challenge, 'base64url'));
  return content !== undefined && Date.now() - Number(content.readBigInt64BE()) < maxNonceAge;
}

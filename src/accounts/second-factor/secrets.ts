// Encrypts TOTP secrets, each bound to its user.
import type { Encryption } from '../../secrets/encryption.ts';

export function encryptSecret(encryption: Encryption, userId: string, secret: Buffer): Buffer {
  return encryption.encrypt(`totp ${userId}`, secret);
}

/** Undefined if secret.key is not the key that encrypted it. */
export function decryptSecret(encryption: Encryption, userId: string, encrypted: Buffer): Buffer | undefined {
  return encryption.decrypt(`totp ${userId}`, encrypted);
}

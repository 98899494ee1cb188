// The secrets that codes are made from, sealed for their person.
import type { Encryption } from '../../secrets/encryption.ts';

export function encryptSecret(encryption: Encryption, userId: string, secret: Buffer): Buffer {
  return encryption.close(`totp ${userId}`, secret);
}

/** Undefined when the key in secret.key is not the one that sealed it. */
export function decryptSecret(encryption: Encryption, userId: string, encrypted: Buffer): Buffer | undefined {
  return encryption.open(`totp ${userId}`, encrypted);
}

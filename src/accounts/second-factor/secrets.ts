// The secrets that codes are made from, sealed for their person.
import type { Seal } from '../../secrets/encryption.ts';

export function sealSecret(seal: Seal, userId: string, secret: Buffer): Buffer {
  return seal.close(`totp ${userId}`, secret);
}

/** Undefined when the key in secret.key is not the one that sealed it. */
export function openSecret(seal: Seal, userId: string, sealed: Buffer): Buffer | undefined {
  return seal.open(`totp ${userId}`, sealed);
}

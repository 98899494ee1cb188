// Secrets that the program must be able to read again are sealed before they go into the database.
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

export interface Seal {
  /** Encrypts for this place alone, such as "totp" and its person: moved to another one, it does not open. */
  close(place: string, secret: Buffer): Buffer;
  /** The secret, or undefined when it was sealed with another key, or for another place, or is damaged. */
  open(place: string, sealed: Buffer): Buffer | undefined;
  /** A hash that nobody can make without the key: HMAC-SHA256 with one derived for this purpose (HKDF, RFC 5869). */
  hash(purpose: string, secret: string): Buffer;
}

const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/** AES-256-GCM with a nonce of its own each time (NIST SP 800-38D): nonce, tag, and what is encrypted. */
export function createSeal(key: Buffer): Seal {
  return {
    hash(purpose, secret) {
      const derived = hkdfSync('sha256', key, '', `private-messages ${purpose}`, 32);
      return createHmac('sha256', Buffer.from(derived)).update(secret).digest();
    },
    close(place, secret) {
      const nonce = randomBytes(nonceBytes);
      const sealing = createCipheriv(cipher, key, nonce).setAAD(Buffer.from(place));
      const encrypted = Buffer.concat([sealing.update(secret), sealing.final()]);
      return Buffer.concat([nonce, sealing.getAuthTag(), encrypted]);
    },
    open(place, sealed) {
      const nonce = sealed.subarray(0, nonceBytes);
      const tag = sealed.subarray(nonceBytes, nonceBytes + tagBytes);
      if (tag.length < tagBytes) return undefined;
      const opening = createDecipheriv(cipher, key, nonce).setAAD(Buffer.from(place)).setAuthTag(tag);
      const secret = opening.update(sealed.subarray(nonceBytes + tagBytes));
      try {
        return Buffer.concat([secret, opening.final()]);
      } catch {
        return undefined; // final() throws when the tag does not fit
      }
    },
  };
}

// Secrets that the program must be able to read again are sealed before they go into the database.
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

export interface Encryption {
  /** Encrypts for this place alone, such as "totp" and its person: moved to another one, it does not open. */
  close(context: string, secret: Buffer): Buffer;
  /** The secret, or undefined when it was sealed with another key, or for another place, or is damaged. */
  open(context: string, encrypted: Buffer): Buffer | undefined;
  /** A hash that nobody can make without the key: HMAC-SHA256 with one derived for this purpose (HKDF, RFC 5869). */
  hash(purpose: string, secret: string): Buffer;
}

const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/** AES-256-GCM with a nonce of its own each time (NIST SP 800-38D): nonce, tag, and what is encrypted. */
export function createEncryption(key: Buffer): Encryption {
  return {
    hash(purpose, secret) {
      const derived = hkdfSync('sha256', key, '', `private-messages ${purpose}`, 32);
      return createHmac('sha256', Buffer.from(derived)).update(secret).digest();
    },
    close(context, secret) {
      const nonce = randomBytes(nonceBytes);
      const cipherStream = createCipheriv(cipher, key, nonce).setAAD(Buffer.from(context));
      const encrypted = Buffer.concat([cipherStream.update(secret), cipherStream.final()]);
      return Buffer.concat([nonce, cipherStream.getAuthTag(), encrypted]);
    },
    open(context, encrypted) {
      const nonce = encrypted.subarray(0, nonceBytes);
      const tag = encrypted.subarray(nonceBytes, nonceBytes + tagBytes);
      if (tag.length < tagBytes) return undefined;
      const decipherStream = createDecipheriv(cipher, key, nonce)
        .setAAD(Buffer.from(context))
        .setAuthTag(tag);
      const secret = decipherStream.update(encrypted.subarray(nonceBytes + tagBytes));
      try {
        return Buffer.concat([secret, decipherStream.final()]);
      } catch {
        return undefined; // final() throws when the tag does not fit
      }
    },
  };
}

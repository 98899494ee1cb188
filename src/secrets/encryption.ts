// Encrypts with AES-256-GCM and a context what the database must not hold in clear, and makes keyed hashes.
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

export interface Encryption {
  /** Binds to a context, such as "totp" and its user: under another one, decryption fails. */
  encrypt(context: string, secret: Buffer): Buffer;
  decrypt(context: string, encrypted: Buffer): Buffer | undefined; // undefined: another key or context, or damaged
  /** HMAC-SHA256 with a key derived for this purpose (HKDF, RFC 5869). */
  hash(purpose: string, secret: string): Buffer;
}

const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/** AES-256-GCM with a fresh nonce each time (NIST SP 800-38D): nonce, tag, ciphertext. */
export function createEncryption(key: Buffer): Encryption {
  return {
    hash(purpose, secret) {
      const derived = hkdfSync('sha256', key, '', `private-messages ${purpose}`, 32);
      return createHmac('sha256', Buffer.from(derived)).update(secret).digest();
    },
    encrypt(context, secret) {
      const nonce = randomBytes(nonceBytes);
      const cipherStream = createCipheriv(cipher, key, nonce).setAAD(Buffer.from(context));
      const encrypted = Buffer.concat([cipherStream.update(secret), cipherStream.final()]);
      return Buffer.concat([nonce, cipherStream.getAuthTag(), encrypted]);
    },
    decrypt(context, encrypted) {
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
        return undefined; // final() throws if the tag does not match
      }
    },
  };
}

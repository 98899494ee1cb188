// Recovery codes: generates, parses and hashes them.
import { createHash, randomBytes } from 'node:crypto';
import type { Encryption } from '../../secrets/encryption.ts';
import { foldTypedCode } from '../../web/typed-code.ts';

// Crockford's base 32, without the ambiguous I, L, O and U. 28 characters of five bits: 140 random bits.
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const length = 28;
// Codes of version 0.1.0, 80 bits. They work until new ones are made.
const formerLength = 16;
export const codesAtOnce = 10;

/** As written down: "7K2M-Q9XR-04TB-WH8Z-5N3C-V1DJ-E6PY". */
export function newCodes(): string[] {
  return Array.from({ length: codesAtOnce }, () => {
    const characters = Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]);
    return characters.join('').match(/.{4}/g)!.join('-');
  });
}

export function foldCode(typed: string): string {
  return foldTypedCode(typed).replaceAll('O', '0').replaceAll(/[IL]/g, '1');
}

/** Keyed with secret.key, so that codes cannot be guessed offline from a copy of the database. */
export function hashCode(encryption: Encryption, typed: string): Buffer {
  const code = foldCode(typed);
  if (code.length === formerLength) return createHash('sha256').update(code).digest();
  return encryption.hash('recovery codes', code);
}

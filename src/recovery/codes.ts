// Recovery codes: how they are made, written, read and hashed.
import { createHash, randomBytes } from 'node:crypto';
import { foldTypedCode } from '../web/typed-code.ts';

// Crockford's base 32: no I, L, O or U, which are mistaken for others. Sixteen characters of five bits: 80 random bits,
// beyond all guessing, so that a plain hash of them is safe to keep (NIST SP 800-63B-4, 3.1.2.2).
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const length = 16;
export const codesAtOnce = 10;

/** Ten new codes as they are written down: "7K2M-Q9XR-04TB-WH8Z". */
export function newCodes(): string[] {
  return Array.from({ length: codesAtOnce }, () => {
    const characters = Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]);
    return characters.join('').match(/.{4}/g)!.join('-');
  });
}

/** The characters that count, whatever was typed between them and whichever look-alike was taken. */
export function foldCode(typed: string): string {
  return foldTypedCode(typed).replaceAll('O', '0').replaceAll(/[IL]/g, '1');
}

/** What is kept of a code. */
export function hashCode(typed: string): Buffer {
  return createHash('sha256').update(foldCode(typed)).digest();
}

// Normalizes a code from an authenticator app or from paper, typed on any keyboard or pasted.
import { withoutInvisible } from './invisible.ts';

// Dash has the minus sign and every script's hyphens; Japanese keyboards have the long-vowel mark beside them.
const separators = /[\s\p{Dash}\p{P}\p{Cc}ー─]/gu;

export function foldTypedCode(typed: string): string {
  return withoutInvisible(typed.normalize('NFKC'))
    .replaceAll(separators, '')
    .replaceAll(/\p{Nd}/gu, asciiDigit)
    .toUpperCase();
}

// The decimal digits of a script are ten consecutive code points, zero to nine (Unicode, 4.6).
function asciiDigit(digit: string): string {
  const codePoint = digit.codePointAt(0)!;
  let before = 0; // two scripts may be adjacent
  while (/\p{Nd}/u.test(String.fromCodePoint(codePoint - before - 1))) before += 1;
  return String(before % 10);
}

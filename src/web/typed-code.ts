// A code from an app or from paper, as it is typed on any keyboard or pasted from anywhere.
import { withoutInvisible } from './invisible.ts';

// Dash has the minus sign and the hyphens of every script; on a Japanese keyboard the mark for a long vowel is beside them.
const separators = /[\s\p{Dash}\p{P}\p{Cc}ー─]/gu;

/** The letters and digits of a code, in capitals and ASCII where there are such; what separates them falls away. */
export function foldTypedCode(typed: string): string {
  return withoutInvisible(typed.normalize('NFKC'))
    .replaceAll(separators, '')
    .replaceAll(/\p{Nd}/gu, asciiDigit)
    .toUpperCase();
}

/** The decimal digits of each script are ten code points in a row, from zero to nine (Unicode, 4.6). */
function asciiDigit(digit: string): string {
  const codePoint = digit.codePointAt(0)!;
  let before = 0; // two scripts may be neighbours
  while (/\p{Nd}/u.test(String.fromCodePoint(codePoint - before - 1))) before += 1;
  return String(before % 10);
}

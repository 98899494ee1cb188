// Display names: free text in any script, shown beside the username; what they may hold, and what they look like.
import { z } from 'zod';
import { isReserved, skeletonOf } from './look-alikes.ts';
import { countCharacters, plainText } from './web/forms.ts';

export const maxNameLength = 60;

// Controls, direction marks, private use, unassigned; what has no glyph. Line and paragraph separators.
const invisible =
  /[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\u2800\uFFFC\u{1D159}\u{13441}\u{13442}]/u;
/** Scripts need up to four marks on a letter; more of them reach into other lines. */
const piled = /\p{M}{5}/u;

/** One line of text to show as it is: nothing invisible, no direction marks. Empty: none. `what`: "name". */
export function visibleLine(what: string, maxLength: number) {
  return plainText(`Please enter a ${what}, or nothing for none.`)
    .transform((text) =>
      text
        .replaceAll(/\p{Zs}+/gu, ' ')
        .trim()
        .normalize('NFC'),
    )
    .pipe(
      z
        .string()
        .refine(
          (text) => !invisible.test(text),
          `This ${what} contains a character that is invisible or not a text.`,
        )
        .refine((text) => !piled.test(text), `This ${what} has too many marks on one letter.`)
        .refine(
          (text) => countCharacters(text) <= maxLength,
          `A ${what} has at most ${maxLength} characters.`,
        ),
    );
}

export const visibleName = visibleLine('name', maxNameLength).refine(
  (name) => name === '' || /[\p{L}\p{N}]/u.test(name.normalize('NFKD')),
  'A name has at least one letter.',
);

/** Empty: none. What it looks like is judged by `lookOf`. */
export const displayName = visibleName.refine(
  (name) => !isReserved(wordsOf(name).join('-')),
  'This name is reserved. Please choose another one.',
);

// Letters that look like a Latin one: capitals first, because a small letter may look like another one.
const greek = 'ΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧXϹCϳjαaβbγyεeηnιiκkνvοoρpςcτtυuχxωwϲc';
const cyrillic = 'АAВBЕEЅSІIЈJКKМMНHОOРPСCТTУYХXԚQԜWаaвbгrеeѕsіiјjкkмmнhоoпnрpсcтtуyхxьbһhԁdԛqԝwӏl';
const others = 'ıiȷjɑaɡgɩiłlŁLøoØOđdĐDðdþpօoոnսuհhցgզq';
const latin = new Map(
  Array.from((greek + cyrillic + others).matchAll(/(.)(.)/gu), ([, letter, alike]) => [letter!, alike!]),
);

/** In lower case, without marks, with Latin letters for those that look like one. */
function wordsOf(name: string): string[] {
  const bare = name.normalize('NFKD').replaceAll(/\p{M}/gu, '');
  const letters = Array.from(bare, (letter) => latin.get(letter) ?? letter).join('');
  return letters.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** The usernames for which it could be taken: as letters and as a skeleton. Undefined if for none. */
export function lookOf(name: string): { letters: string; skeleton: string } | undefined {
  const letters = wordsOf(name).join('');
  return /^[a-z0-9]+$/.test(letters) ? { letters, skeleton: skeletonOf(letters) } : undefined;
}

// Letters that Unicode does not take apart, written as most people type them.
const plain = new Map(
  Object.entries({ æ: 'ae', đ: 'd', ð: 'd', ı: 'i', ł: 'l', ø: 'o', œ: 'oe', ß: 'ss', þ: 'th' }),
);
const maxKeyLength = 100;

/** For comparing and finding names: without accents, case and double spaces. */
export function nameKey(name: string): string {
  const letters = withoutAccents(name)
    .toLowerCase()
    .replaceAll(/[æđðıłøœßþ]/g, (letter) => plain.get(letter)!);
  const key = withoutAccents(letters).replaceAll(/\s+/g, ' ').trim();
  return Array.from(key).slice(0, maxKeyLength).join('');
}

/** Without accents; vowel signs stay, which are marks in some scripts. */
function withoutAccents(text: string): string {
  return text.normalize('NFKD').replaceAll(/[\p{M}&&\p{Script=Inherited}]/gv, '');
}

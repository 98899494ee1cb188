// Usernames: validates new ones and normalizes what users type or paste.
import { z } from 'zod';
import { plainText } from './web/forms.ts';
import { withoutInvisible } from './web/invisible.ts';
import { isReserved } from './look-alikes.ts';

export const maxUsernameLength = 30;
export const unknownUsername = 'Nobody here has that username.';

/** The stored form: NFKC, lower case, without invisible characters, spaces around it or a leading @; not validated. */
export function foldUsername(typed: string): string {
  return clean(typed.normalize('NFKC'));
}

// JavaScript lowercases the Turkish dotted capital I to "i" and a combining dot.
function clean(typed: string): string {
  const visible = withoutInvisible(typed)
    .trim()
    .replace(/^@+\s*/, '');
  return visible.toLowerCase().replaceAll('i\u0307', 'i');
}

// Commas and semicolons of all scripts, and the separators of lines or cells in pasted lists.
const separators =
  /[,;\t\v\n\f\r\x85\u2028\u2029\u055D\u060C\u061B\u07F8\u1363\u1364\u1802\u1808\u3001\uA4FE\uA60D\uA6F5]/u;

/** Also separated by spaces, and as in `Anna Berg <anna>`. */
export function splitUsernames(typed: string): string[] {
  const pieces = typed.normalize('NFKC').split(separators);
  const names = pieces.flatMap((piece) => (/<([^<>]+)>\s*$/.exec(piece)?.[1] ?? piece).split(/\s+/));
  return [...new Set(names.map(foldUsername).filter(Boolean))];
}

const typed = plainText('Please enter a username.');

export const typedUsername = typed
  .transform(foldUsername) // to find a user: not validated further
  .refine((name) => name !== '', 'Please enter a username.');

export const newUsername = typed.transform(clean).pipe(
  z
    .string()
    .min(3, 'A username has at least 3 characters.')
    .max(maxUsernameLength, `A username has at most ${maxUsernameLength} characters.`)
    .regex(/^[a-z0-9][a-z0-9_.-]*$/, 'Use letters a–z, digits, and _ - . and begin with a letter or a digit.')
    .refine((name) => !isReserved(name), 'This name is reserved. Please choose another one.'),
);

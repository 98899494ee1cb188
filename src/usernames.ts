// What a username may be, and how one is read that somebody has typed or pasted.
import { z } from 'zod';
import { plainText } from './web/forms.ts';
import { withoutInvisible } from './web/invisible.ts';
import { isReserved } from './look-alikes.ts';

/** In characters. */
export const maxUsernameLength = 30;

/**
 * A username as typed or pasted, in the form in which it is stored: in lower case, without invisible characters, an @ in
 * front or spaces around it, in full width or not. Whether such a name can exist is not judged.
 */
export function foldUsername(typed: string): string {
  return clean(typed.normalize('NFKC'));
}

// A Turkish keyboard's capital I has a dot, which JavaScript keeps beside the small letter.
function clean(typed: string): string {
  const visible = withoutInvisible(typed)
    .trim()
    .replace(/^@+\s*/, '');
  return visible.toLowerCase().replaceAll('i\u0307', 'i');
}

// Commas and semicolons of every script, as keyboards in Arabic, Chinese, Japanese and others have them, and what stands
// between the lines or cells of a list that was copied.
const separators =
  /[,;\t\v\n\f\r\x85\u2028\u2029\u055D\u060C\u061B\u07F8\u1363\u1364\u1802\u1808\u3001\uA4FE\uA60D\uA6F5]/u;

/** Several usernames as typed or pasted, each once. */
export function splitUsernames(typed: string): string[] {
  const names = typed.normalize('NFKC').split(separators).map(foldUsername);
  return [...new Set(names.filter(Boolean))];
}

const typed = plainText('Please enter a username.');

/** A name as somebody types it to find a person; whether it can exist is not judged. */
export const typedUsername = typed
  .transform(foldUsername)
  .refine((name) => name !== '', 'Please enter a username.');

/** A name for a new account. */
export const newUsername = typed.transform(clean).pipe(
  z
    .string()
    .min(3, 'A username has at least 3 characters.')
    .max(maxUsernameLength, `A username has at most ${maxUsernameLength} characters.`)
    .regex(/^[a-z0-9][a-z0-9_.-]*$/, 'Use letters a–z, digits, and _ - . and begin with a letter or a digit.')
    .refine((name) => !isReserved(name), 'This name is reserved. Please choose another one.'),
);

// What a username may be.
import { plainText } from '../web/forms.ts';

// Names that could pass for the people who run this place, for the program itself, or for no one
// (after RFC 2142 and the common lists of reserved names).
const reserved = new Set(
  `abuse account accounts administrator admin admins all anonymous anybody api bot daemon deleted deletedaccount everybody everyone
  ftp guest help helpdesk host hostmaster info inbox localhost login logout mailer mailerdaemon me member members
  messages mod moderator moderators news nobody noreply notification notifications null official operator operators owner
  postmaster private privatemessages register root security send server service setup settings somebody staff
  superuser support sysadmin sysop system team test theoperator undefined unknown user users webmaster www you`.split(
    /\s+/,
  ),
);

/** In characters. */
export const longestUsername = 30;

/** A name as it is stored and compared: without spaces around it, in lower case. */
export function foldUsername(typed: string): string {
  return typed.trim().toLowerCase();
}

const folded = plainText('Please enter a username.').trim().toLowerCase();

/** A name as somebody types it to find a person; whether it can exist is not judged. */
export const typedUsername = folded.min(1, 'Please enter a username.');

/** A name for a new account. */
export const newUsername = folded
  .min(3, 'A username has at least 3 characters.')
  .max(longestUsername, `A username has at most ${longestUsername} characters.`)
  .regex(/^[a-z0-9][a-z0-9_.-]*$/, 'Use letters a–z, digits, and _ - . and begin with a letter or a digit.')
  .refine(
    (name) => !reserved.has(name.replaceAll(/[_.-]/g, '')),
    'This name is reserved. Please choose another one.',
  );

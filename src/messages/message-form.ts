// The form on which a message is written.
import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { typedUsername } from '../accounts/usernames.ts';
import { countCharacters, plainText } from '../web/forms.ts';

export const bodyLimit = 10_000;

// Browsers send line ends as CRLF (HTML, "constructing the entry list"); stored is what was typed: LF.
const messageText = plainText('Please write a message.')
  .transform((text) => text.replaceAll('\r\n', '\n'))
  .refine((text) => text !== '', 'Please write a message.')
  .refine(
    (text) => countCharacters(text) <= bodyLimit,
    'A message has at most 10,000 characters. Nothing has been cut off: please shorten it.',
  );

export const messageForm = z.object({
  recipient: typedUsername,
  body: messageText,
  /** Made when the form was shown: the same form sent twice is one message. */
  key: z.uuid('This form was not complete. Here it is again: please press Send once more.'),
});

export const newFormKey = randomUUID;

/**
 * Names one sending. The content is part of it: who goes back, changes the text and sends again has written another
 * message, and it must not be lost.
 */
export function digestOf({ key, recipient, body }: z.infer<typeof messageForm>): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([key, recipient, body]))
    .digest();
}

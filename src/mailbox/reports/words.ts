// What people write into the forms of reports: optional text, as long as a message at most.
import { bodyLimit } from '../compose/message-form.ts';
import { countCharacters, plainText } from '../../web/forms.ts';

/** Without blanks around it; empty if nothing was written. */
export const optionalText = plainText('')
  .default('')
  .transform((text) => text.replaceAll('\r\n', '\n').trim())
  .refine(
    (text) => countCharacters(text) <= bodyLimit,
    'This text has at most 10,000 characters. Nothing has been cut off: please shorten it.',
  );

// The form on which a letter is written.
import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { maxUsernameLength, splitUsernames } from '../../usernames.ts';
import { countCharacters, plainText, typedIn } from '../../web/forms.ts';
import { isBlank } from '../../web/text.ts';

export const bodyLimit = 10_000;
const recipientLimit = 10;

/** Names separated by commas, semicolons or new lines, as typed or pasted: folded, each once. */
const recipients = z
  .string('Please enter a username.')
  .transform(splitUsernames)
  .refine((names) => names.length > 0, 'Please enter a username.')
  .refine((names) => names.length <= recipientLimit, `A message can go to ${recipientLimit} people at most.`)
  .refine(
    (names) => names.every((name) => name.length <= maxUsernameLength),
    `A username has at most ${maxUsernameLength} characters. Please put a comma between two names.`,
  )
  .refine(
    (names) => names.every((name) => name.isWellFormed() && !name.includes('\0')),
    'Nobody here has that username.',
  );

// Browsers send line ends as CRLF (HTML, "constructing the entry list"); stored is what was typed: LF.
const messageText = plainText('Please write a message.')
  .transform((text) => text.replaceAll('\r\n', '\n'))
  .refine((text) => !isBlank(text), 'Please write a message.')
  .refine(
    (text) => countCharacters(text) <= bodyLimit,
    'A message has at most 10,000 characters. Nothing has been cut off: please shorten it.',
  );

/** Made when the form was first shown: the same form sent twice is one message, saved twice is one draft. */
export const formKey = z.uuid(
  'This form was not complete. Here it is again: please press the button once more.',
);

export const messageForm = z.object({
  recipient: recipients,
  body: messageText,
  key: formKey,
  /** The page to come back to. */
  from: z.string().optional(),
});

export const newFormKey = randomUUID;

/**
 * Names one sending. The content is part of it: who goes back, changes the text and sends again has written another
 * message, and it must not be lost.
 */
export function digestOf({ key, recipient, body }: z.infer<typeof messageForm>): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([key, recipient.toSorted(), body]))
    .digest();
}

const savesTyped = z.coerce.number().int().min(0).max(1_000_000).catch(0);

/** What somebody wrote, on its way through a refusal: the fields of the form and who filled them in. */
export interface TypedMessage {
  recipient: string;
  body: string;
  key: string;
  writer: string;
  /** Authenticates the writer, and says which state of the draft the page showed (form-page.ts). */
  page: string;
  /** How often the page has saved the draft by itself. */
  saves: number;
}

/** The letter in the fields of a form, exactly as typed, however little of it there is. */
export function readMessage(body: unknown, prefix = ''): TypedMessage {
  const typed = typedIn(body);
  const field = (name: string) => typed[prefix + name] ?? '';
  return {
    recipient: field('recipient'),
    body: field('body'),
    key: formKey.safeParse(field('key')).data ?? newFormKey(),
    writer: field('writer'),
    page: field('page'),
    saves: savesTyped.parse(field('saves')),
  };
}

/** The same; undefined when nothing has been written. */
export function findTypedMessage(body: unknown, prefix = ''): TypedMessage | undefined {
  const letter = readMessage(body, prefix);
  return letter.recipient || letter.body ? letter : undefined;
}

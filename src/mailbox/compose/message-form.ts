// The message form: validation, the digest that makes sending idempotent, and preserved input.
import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { maxUsernameLength, splitUsernames, unknownUsername } from '../../usernames.ts';
import { countCharacters, plainText, typedIn } from '../../web/forms.ts';
import { isBlank } from '../../web/text.ts';

export const bodyLimit = 10_000;
export const maxRecipients = 10;

/** Separated by commas, semicolons, spaces or line breaks; folded, without duplicates. */
const recipients = z
  .string('Please enter a username.')
  .transform(splitUsernames)
  .refine((names) => names.length > 0, 'Please enter a username.')
  .refine((names) => names.length <= maxRecipients, `A message can go to ${maxRecipients} people at most.`)
  .refine(
    (names) => names.every((name) => name.length <= maxUsernameLength),
    `A username has at most ${maxUsernameLength} characters.`,
  )
  .refine((names) => names.every((name) => name.isWellFormed() && !name.includes('\0')), unknownUsername);

// Browsers submit line breaks as CRLF (HTML, "constructing the entry list"); messages are stored with LF.
export const messageText = plainText('Please write a message.')
  .transform((text) => text.replaceAll('\r\n', '\n'))
  .refine((text) => !isBlank(text), 'Please write a message.')
  .refine(
    (text) => countCharacters(text) <= bodyLimit,
    'A message has at most 10,000 characters. Nothing has been cut off: please shorten it.',
  );

/** Idempotency key, made when the form is first shown: sent twice it is one message, saved twice one draft. */
export const formKey = z.uuid('This form was incomplete. Please press the button again.');

export const messageForm = z.object({
  recipient: recipients,
  body: messageText,
  key: formKey,
  from: z.string().optional(),
});

export const newFormKey = randomUUID;

/** What a button beside the field asks for: to add somebody, or to put somebody in the place of wrong names. */
export function chooseRecipient(body: unknown): string | undefined {
  const { recipient = '', add, replace } = typedIn(body);
  const names = splitUsernames(recipient);
  if (add !== undefined) return [...new Set([...names, ...splitUsernames(add)])].join(', ');
  if (replace === undefined) return undefined;
  const given = splitUsernames(replace);
  const [wrong, right] = [given.slice(0, -1), given.at(-1) ?? ''];
  return [...new Set(names.map((name) => (wrong.includes(name) ? right : name)))].join(', ');
}

/** Identifies one sending. Includes the content: going back, editing and sending again is another message. */
export function digestOf({ key, recipient, body }: z.infer<typeof messageForm>): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([key, recipient.toSorted(), body]))
    .digest();
}

const savesTyped = z.coerce.number().int().min(0).max(1_000_000).catch(0);

/** Preserved input: the fields of the form, and who filled them in. */
export interface TypedMessage {
  recipient: string;
  body: string;
  key: string;
  writer: string;
  /** Encrypted: the writer, and the state of the draft that the page showed (form-page.ts). */
  page: string;
  saves: number;
}

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

export function findTypedMessage(body: unknown, prefix = ''): TypedMessage | undefined {
  const message = readMessage(body, prefix);
  return message.recipient || message.body ? message : undefined;
}

/** The message preserved on a login page. Pages opened before version 0.2.0 post it as `letter_…`. */
export function findPreservedMessage(body: unknown): TypedMessage | undefined {
  return findTypedMessage(body, 'message_') ?? findTypedMessage(body, 'letter_');
}

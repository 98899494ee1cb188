// Why a message was not sent, in words, on its form.
import { unknownUsername } from '../../usernames.ts';
import { rejectField, type Form } from '../../web/forms.ts';
import { refusalInWords } from '../contacts/new-people-words.ts';
import type { Outcome } from './send-message.ts';

type Refusal = Extract<Outcome, { kind: 'unknown' | 'full' | 'unanswered' | 'too many new' }>;

/** `outOf`: how many recipients there are. */
export function refuse(form: Form, outcome: Refusal, outOf: number): Form {
  if (outcome.kind === 'unknown') return rejectField(form, 'recipient', unknown(outcome.names, outOf));
  if (outcome.kind === 'too many new')
    return rejectField(form, 'recipient', tooManyNew(outcome.names, outcome.left));
  if (outcome.kind === 'unanswered') return rejectField(form, 'recipient', unanswered(outcome.names));
  const own =
    'Your mailbox is full, so nothing was sent. Delete some sent messages, empty the trash, and send it again.';
  const refused = outcome.isOwn ? rejectField(form, '', own) : form;
  return outcome.names.length > 0 ? rejectField(refused, 'recipient', full(outcome.names)) : refused;
}

export function unknown(names: string[], outOf: number): string {
  if (outOf === 1) return unknownUsername;
  return names.length === 1
    ? `Nobody here has the username ${names[0]}. Nothing was sent.`
    : `Nobody here has these usernames: ${names.join(', ')}. Nothing was sent.`;
}

function full(names: string[]): string {
  const whose =
    names.length === 1 ? `${names[0]}’s mailbox is full` : `The mailboxes of ${inWords(names)} are full`;
  return `${whose}, so nothing was sent. Your text is still here: save it as a draft and try again later.`;
}

function unanswered(names: string[]): string {
  const whose =
    names.length === 1 ? `${names[0]}’s mailbox accepts` : `The mailboxes of ${inWords(names)} accept`;
  const until = names.length === 1 ? `${names[0]} answers` : 'they answer';
  return `${whose} no more from you until ${until}, so nothing was sent. Your text is still here: save it as a draft.`;
}

function tooManyNew(names: string[], left: number): string {
  return refusalInWords(left, `${inWords(names)} ${names.length === 1 ? 'is' : 'are'} new`);
}

export function inWords(names: string[]): string {
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

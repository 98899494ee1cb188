// What the message form says of recipients: the latest contacts, who may be meant by a wrong name, how many new ones
// are left.
import { now } from '../../clock.ts';
import type { Config } from '../../config.ts';
import type { Pool } from '../../database/pool.ts';
import { splitUsernames } from '../../usernames.ts';
import type { Form } from '../../web/forms.ts';
import type { Member } from '../people/queries.ts';
import { leftInWords } from '../contacts/new-people-words.ts';
import { findNewPeople, isNear } from '../contacts/new-people.ts';
import { listKnown, suggest, type Suggestion } from '../people/suggestions.ts';
import { maxRecipients } from './message-form.ts';
import { listUnknown } from './recipients.ts';

export interface OfferedPeople {
  people: Member[];
  meant: Suggestion[];
  /** How many new people are left today, in words, if they are few. */
  newPeople: string | undefined;
}

export async function offerPeople(
  { config, pool }: { config: Config; pool: Pool },
  ownerId: string,
  form: Form,
): Promise<OfferedPeople> {
  const asking = { perDay: config.newPeoplePerDay, at: now(), otherIds: [] };
  const [people, { left }] = await Promise.all([
    listKnown(pool, ownerId),
    findNewPeople(pool, ownerId, asking),
  ]);
  const newPeople = isNear(left) ? leftInWords(left) : undefined;
  if (!form.errors.recipient) return { people, meant: [], newPeople };
  const names = splitUsernames(form.typed.recipient ?? '').slice(0, maxRecipients);
  const storable = names.filter((name) => name.isWellFormed() && !name.includes('\0'));
  const meant = await suggest(pool, config, people, await listUnknown(pool, storable));
  return { people, meant, newPeople };
}

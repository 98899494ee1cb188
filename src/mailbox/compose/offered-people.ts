// Whom the message form offers as recipients: the latest contacts, and who may be meant by a wrong name.
import type { Config } from '../../config.ts';
import type { Pool } from '../../database/pool.ts';
import { splitUsernames } from '../../usernames.ts';
import type { Form } from '../../web/forms.ts';
import type { Member } from '../people/queries.ts';
import { listKnown, suggest, type Suggestion } from '../people/suggestions.ts';
import { maxRecipients } from './message-form.ts';
import { listUnknown } from './queries.ts';

export interface OfferedPeople {
  people: Member[];
  meant: Suggestion[];
}

export async function offerPeople(
  { config, pool }: { config: Config; pool: Pool },
  ownerId: string,
  form: Form,
): Promise<OfferedPeople> {
  const people = await listKnown(pool, ownerId);
  if (!form.errors.recipient) return { people, meant: [] };
  const names = splitUsernames(form.typed.recipient ?? '').slice(0, maxRecipients);
  const storable = names.filter((name) => name.isWellFormed() && !name.includes('\0'));
  return { people, meant: await suggest(pool, config, people, await listUnknown(pool, storable)) };
}

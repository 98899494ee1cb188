// Search results, as their page shows them.
import { raiseLast } from '../../../src/mailbox/conversations/last-messages.ts';
import { newId } from '../../../src/ids.ts';
import type { Pool } from '../../../src/database/pool.ts';
import type { Answer, Person } from '../../support/person.ts';

/** A message sent at some other time than now, both copies of it. */
export async function addMessage(
  pool: Pool,
  from: Person,
  to: string,
  text: string,
  sent: string,
): Promise<void> {
  const at = new Date(sent);
  await pool.query(
    `with copies as (
       insert into messages (owner_id, id, box, other_id, twin_id, body, sent_at)
       select c.owner_id, c.id, c.box, c.other_id, c.twin_id, $5, $6 from users s, users r, lateral (values
         (s.id, $3::uuid, 'sent', r.id, $4::uuid), (r.id, $4, 'inbox', s.id, $3)) c (owner_id, id, box, other_id, twin_id)
       where s.username = $1 and r.username = $2 returning owner_id, id, box, other_id
     ), last as (
       ${raiseLast('select owner_id, other_id, id from copies where other_id <> owner_id order by owner_id')}
     ) insert into unread (owner_id, id, other_id) select owner_id, id, other_id from copies where box = 'inbox'`,
    [from.username, to, newId(at), newId(at), text, at],
  );
}

export function searchAddress(q: string): string {
  return `/search?${new URLSearchParams({ q }).toString()}`;
}

/** The texts found, in their order. Only an answer 200 counts. */
export async function find(person: Person, q: string): Promise<string[]> {
  const page = await person.get(searchAddress(q));
  if (page.status !== 200) throw new Error(`A search for ${q} was answered ${page.status}.`);
  return textsOn(page);
}

export function textsOn({ $ }: Answer): string[] {
  return $('.messages > li .excerpt')
    .toArray()
    .map((excerpt) => $(excerpt).text());
}

/** The words marked in what was found. */
export async function marks(person: Person, q: string): Promise<string[]> {
  const { $ } = await person.get(searchAddress(q));
  return $('.messages > li .excerpt mark')
    .toArray()
    .map((mark) => $(mark).text());
}

export function linkOn({ $ }: Answer, name: 'Newer' | 'Older'): string | undefined {
  return $('.pages a')
    .filter((_, link) => $(link).text() === name)
    .attr('href');
}

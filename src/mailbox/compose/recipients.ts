// The recipients of a message in SQL: who they are to the sender, and which names nobody has.
import type { Database } from '../../database/pool.ts';
import type { FirstContact } from '../contacts/first-contact.ts';
import type { Sending } from './queries.ts';

export interface Recipient {
  id: string;
  username: string;
  /** Null: as the site has it. */
  firstContact: FirstContact | null;
  /** Whether the sender has never written to them. */
  isNew: boolean;
}

export interface Addressed {
  recipients: Recipient[];
  /** How many recipients the sender's messages of the last minute had; 0 if there are no recipients. */
  recent: number;
  isRepeated: boolean;
}

export async function findAddressed(db: Database, { from, to, digest }: Sending): Promise<Addressed> {
  const { rows } = await db.query<Recipient & Omit<Addressed, 'recipients'>>({
    name: 'find addressed',
    text: `select u.id, u.username, u.first_contact as "firstContact",
                  u.id <> $1 and not exists (select from contacts k where k.owner_id = $1 and k.other_id = u.id
                                               and k.written_at is not null) as "isNew",
                  (select coalesce(sum(f.recipients), 0)::int from sent_forms f
                   where f.owner_id = $1 and f.sent_at > now() - interval '1 minute'
                     and f.sent_at < now() + interval '1 minute') as recent,
                  exists (select from sent_forms f where f.owner_id = $1 and f.digest = $3) as "isRepeated"
           from users u where u.username = any ($2::text[])`,
    values: [from, to, digest],
  });
  const { recent = 0, isRepeated = false } = rows[0] ?? {};
  const recipients = to.flatMap((name) => rows.find(({ username }) => username === name) ?? []);
  return { recipients, recent, isRepeated };
}

/** Those of the names that nobody here has. */
export async function listUnknown(db: Database, names: string[]): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>({
    name: 'list unknown',
    text: `select name from unnest($1::text[]) with ordinality as typed (name, place)
           where not exists (select from users u where u.username = name)
           order by place`,
    values: [names],
  });
  return rows.map(({ name }) => name);
}

/** Whether the newest `max` messages between the two are all from `senderId`. */
export async function isUnanswered(
  db: Database,
  ownerId: string,
  senderId: string,
  max: number,
): Promise<boolean> {
  const { rows } = await db.query<{ isUnanswered: boolean }>({
    name: 'is unanswered',
    text: `with newest as not materialized (
             select m.box from messages m
             where m.owner_id = $1 and m.other_id = $2 and m.trashed_at is null order by m.id desc limit $3)
           select not exists (select from newest where box = 'sent')
                  and exists (select from newest offset $3 - 1) as "isUnanswered"`,
    values: [ownerId, senderId, max],
  });
  return rows[0]!.isUnanswered;
}

// Sending, in SQL. Both copies of a message are written by one statement.
import type { Database } from '../database/pool.ts';
import { newId } from '../ids.ts';
import { nearlyFull, type Adding } from '../mailbox/sizes.ts';

export interface Sending {
  from: string;
  /** Usernames, each once. */
  to: string[];
  body: string;
  /** SHA-256 over the form's key and its content: the same form sent again has the same. */
  digest: Buffer;
  sentAt: Date;
  /** The draft it was written as, if it was saved. */
  draftId: string;
}

/** How many messages a person may send in a minute, and how many a mailbox may hold. */
export interface SendLimits {
  perMinute: number;
  perMailbox: number;
}

/**
 * 'sent' also when it had been sent before. 'no room': in at least one of these mailboxes, as far as is known without
 * counting.
 */
export type Attempt =
  | { kind: 'sent'; recipients: string[] }
  | { kind: 'unknown'; names: string[] }
  | { kind: 'too many' }
  | { kind: 'no room'; adding: Adding; known: Known };

/** Those who exist, as [username, id]. */
export type Known = [name: string, id: string][];

interface OutcomeRow {
  known: Known;
  isNew: boolean;
  isRepeated: boolean;
  recent: number;
  /** Whether every mailbox has, as far as is known without counting. */
  hasRoom: boolean;
}

/**
 * Writes all copies, or nothing, and removes the draft, in one statement. Of several sendings of one form only the
 * first inserts its digest and with it the copies; the others wait for its outcome and add nothing. What was sent in
 * the last minute is counted in the same snapshot, so statements under way at the same moment do not see each other:
 * the limit can be passed by as many messages as there are connections. Sizes of mailboxes are read as they are after
 * waiting for the lock, so that limit is never passed. (With joins instead of "limit 1" and "any", a plan that was
 * made while there were few people may go through all of them.)
 */
export async function sendWhereRoom(
  db: Database,
  sending: Sending,
  { perMinute, perMailbox }: SendLimits,
): Promise<Attempt> {
  const { from, to, body, digest, sentAt, draftId } = sending;
  const ids = to.map(() => newId(sentAt));
  const twinIds = to.map(() => newId(sentAt));
  const { rows } = await db.query<OutcomeRow>({
    name: 'send message',
    text: `
      with recipient as (
        select u.other_id, u.username, typed.id, typed.twin_id
        from unnest($2::text[], $6::uuid[], $7::uuid[]) as typed (username, id, twin_id),
             lateral (select id as other_id, username from users where username = typed.username limit 1) u
      ), recent as (
        select coalesce(sum(recipients), 0)::int as n from sent_forms
        where owner_id = $1 and sent_at > now() - interval '1 minute'
      ), repeated as (
        select from sent_forms where owner_id = $1 and digest = $3
      ), self as (
        select count(*)::int as n from recipient where other_id = $1
      ), size as (
        select s.owner_id, s.messages + n as messages,
               s.messages + n <= case when s.warned_at is null then $10::int else $11::int end as has_room
        from mailbox_sizes s,
             lateral (select case when s.owner_id = $1 then cardinality($2::text[]) + (select n from self) else 1 end) adding (n)
        where s.owner_id = any (array (select other_id from recipient union all select $1::uuid))
          and (select n from recent) + cardinality($2::text[]) <= $8
          and (select count(*) from recipient) = cardinality($2::text[]) and not exists (select from repeated)
        order by s.owner_id for no key update of s
      ), form as (
        insert into sent_forms (owner_id, digest, recipients)
        select $1, $3, cardinality($2::text[])
        where (select count(*) from size where has_room) = cardinality($2::text[]) + 1 - (select n from self)
        on conflict do nothing returning owner_id
      ), more as (
        update mailbox_sizes s set messages = (select size.messages from size where size.owner_id = s.owner_id)
        where s.owner_id = any (array (select size.owner_id from form, size))
      ), copies as (
        insert into messages (owner_id, id, box, other_id, twin_id, body, sent_at)
        select copy.owner_id, copy.id, copy.box, copy.other_id, copy.twin_id, $4, $5
        from form, recipient r, lateral (values
          (form.owner_id, r.id, 'sent', r.other_id, r.twin_id),
          (r.other_id, r.twin_id, 'inbox', form.owner_id, r.id)) copy (owner_id, id, box, other_id, twin_id)
      ), marks as (
        insert into unread (owner_id, id) select r.other_id, r.twin_id from form, recipient r
      ), draft as (
        delete from drafts where owner_id = $1 and id = $9 and (exists (select from form) or exists (select from repeated))
      )
      select coalesce((select jsonb_agg(jsonb_build_array(username, other_id)) from recipient), '[]') as known,
             exists (select from form) as "isNew",
             exists (select from repeated) as "isRepeated", recent.n as recent,
             (select count(*)::int from size where has_room) = cardinality($2::text[]) + 1 - self.n as "hasRoom"
      from recent, self`,
    values: [
      from,
      to,
      digest,
      body,
      sentAt,
      ids,
      twinIds,
      perMinute,
      draftId,
      nearlyFull(perMailbox),
      perMailbox,
    ],
  });
  const { known, isNew, isRepeated, recent, hasRoom } = rows[0]!;
  if (known.length < to.length) {
    const names = new Set(known.map(([name]) => name));
    return { kind: 'unknown', names: to.filter((name) => !names.has(name)) };
  }
  if (!isNew && !isRepeated) {
    if (recent + to.length > perMinute) return { kind: 'too many' };
    if (!hasRoom) return { kind: 'no room', adding: addingOf(from, known), known };
  }
  return { kind: 'sent', recipients: known.map(([, id]) => id) };
}

/** Each recipient's mailbox gets one message, the sender's one for each of them. */
function addingOf(from: string, known: Known): Adding {
  const adding: Adding = { [from]: known.length };
  for (const [, id] of known) adding[id] = (adding[id] ?? 0) + 1;
  return adding;
}

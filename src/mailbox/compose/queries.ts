// Sending in SQL: one small statement for each step of the transaction in send-message.ts.
import type { Database } from '../../database/pool.ts';
import { raiseLast } from '../conversations/last-messages.ts';
import type { FirstContact } from '../contacts/first-contact.ts';
import type { Box } from '../queries.ts';
import { hasSeen, type Seen } from '../drafts/queries.ts';

export interface Sending {
  from: string;
  to: string[];
  body: string;
  digest: Buffer;
  sentAt: Date;
  draftId: string;
  /** The state of the draft that the page showed; a newer draft is kept. If absent, the draft is always removed. */
  seen?: Seen;
}

/** The ids of the two copies for one recipient. */
export interface Pair {
  recipientId: string;
  sentId: string;
  receivedId: string;
  firstContact: FirstContact;
  /** Whether it counts for the limit of new people. */
  isApproach: boolean;
}

/** The digest of the form and the sender's copies. False, with nothing written, if the form was sent before. */
export async function insertSentCopies(
  db: Database,
  { from, body, digest, sentAt }: Sending,
  pairs: Pair[],
): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'insert sent copies',
    text: `with form as (
             insert into sent_forms (owner_id, digest, recipients) values ($1, $2, cardinality($3::uuid[]))
             on conflict do nothing returning recipients
           ), copies as (
             insert into messages (owner_id, id, box, other_id, twin_id, body, sent_at)
             select $1, c.id, 'sent', c.other_id, c.twin_id, $6, $7
             from form, unnest($3::uuid[], $4::uuid[], $5::uuid[]) as c (id, other_id, twin_id)
           ), contact as (
             insert into contacts (owner_id, other_id, written_at, approached_at)
             select $1, c.other_id, $7, case when c.is_approach then $7 end
             from form, unnest($4::uuid[], $8::boolean[]) as c (other_id, is_approach)
             where c.other_id <> $1 and not exists (
               select from contacts k where k.owner_id = $1 and k.other_id = c.other_id and k.written_at is not null)
             order by c.other_id
             on conflict (owner_id, other_id) do update
             set written_at = excluded.written_at, approached_at = excluded.approached_at
           ), last as (
             ${raiseLast(`select $1, c.other_id, case when c.other_id = $1 then c.twin_id else c.id end
             from form, unnest($3::uuid[], $4::uuid[], $5::uuid[]) as c (id, other_id, twin_id) order by c.other_id`)}
           )
           update mailbox_usage s
           set messages = s.messages + f.recipients, bytes = s.bytes + f.recipients * octet_length($6),
               sent = s.sent + f.recipients, sent_bytes = s.sent_bytes + f.recipients * octet_length($6)
           from form f where s.owner_id = $1`,
    values: [
      from,
      digest,
      pairs.map(({ sentId }) => sentId),
      pairs.map(({ recipientId }) => recipientId),
      pairs.map(({ receivedId }) => receivedId),
      body,
      sentAt,
      pairs.map(({ isApproach }) => isApproach),
    ],
  });
  return rowCount === 1;
}

const isRequest = (message: string, ownerId: string, otherId: string): string =>
  `${message}.owner_id = ${ownerId} and ${message}.other_id = ${otherId}
   and ${message}.box = 'requests' and ${message}.trashed_at is null`;

/** Before a copy that may be held behind a request: so that the request does not leave meanwhile. */
export async function lockRequest(db: Database, { recipientId }: Pair, from: string): Promise<void> {
  await db.query({
    name: 'lock request',
    text: `select from messages r where ${isRequest('r', '$1', '$2')} order by r.id for share`,
    values: [recipientId, from],
  });
}

/** Returns the box that the recipient's contacts choose. To the sender, all are the same. */
export async function insertReceivedCopy(
  db: Database,
  { from, body, sentAt }: Sending,
  { recipientId, sentId, receivedId, firstContact }: Pair,
): Promise<Box> {
  const { rows } = await db.query<{ box: Box }>({
    name: 'insert received copy',
    text: `with contact as (
             select k.blocked_at is not null as is_blocked,
                    coalesce(k.written_at, k.accepted_at) is not null as is_known
             from contacts k where k.owner_id = $1 and k.other_id = $3
           ), chosen as (
             select case when (select is_blocked from contact) then 'blocked'
                         when $7 = 'inbox' or (select is_known from contact) then 'inbox'
                         when $7 = 'known' then 'blocked'
                         when exists (select from messages r where ${isRequest('r', '$1', '$3')}) then 'held'
                         else 'requests' end as box
           ), answered as (
             update contacts set answered_at = $6
             where owner_id = $1 and other_id = $3 and written_at is not null and answered_at is null
           ), copy as (
             insert into messages (owner_id, id, box, other_id, twin_id, body, sent_at)
             select $1, $2, box, $3, $4, $5, $6 from chosen
           ), mark as (
             insert into unread (owner_id, id, other_id, is_quiet) select $1, $2, $3, box <> 'inbox' from chosen
           ), last as (
             ${raiseLast(`select $1, $3, $2 from chosen where box = 'inbox'`)}
           ), usage as (
             update mailbox_usage set messages = messages + 1, bytes = bytes + octet_length($5) where owner_id = $1
           )
           select box from chosen`,
    values: [recipientId, receivedId, from, sentId, body, sentAt, firstContact],
  });
  return rows[0]!.box;
}

/** Removes the draft of a sent message, unless a page has saved a newer one. True if it was kept. */
export async function discardSentDraft(
  db: Database,
  { from, draftId, body, seen }: Sending,
): Promise<boolean> {
  const { rows } = await db.query<{ isKept: boolean }>({
    name: 'discard sent draft',
    text: `with discarded as (
             delete from drafts d
             where d.owner_id = $1 and d.id = $2 and ($3::int is null or d.body = $5 or ${hasSeen('$3', '$4')})
             returning d.id
           ), ended as (
             insert into ended_drafts (owner_id, id, is_sent) select $1, id, true from discarded
             on conflict do nothing returning id
           )
           select exists (select from drafts d where d.owner_id = $1 and d.id = $2)
                  and not exists (select from discarded) as "isKept"`,
    values: [from, draftId, seen?.version, seen && JSON.stringify(seen.pages), body],
  });
  return rows[0]!.isKept;
}

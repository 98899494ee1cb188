// Messages in SQL. Every statement names the owner: a stranger's row cannot be found.
import type { Database } from '../database/pool.ts';
import { newId } from '../ids.ts';

/** A received message as a row of the inbox. */
export interface InboxRow {
  id: string;
  /** The sender's username, or null when that account is gone. */
  sender: string | null;
  body: string;
  sentAt: Date;
}

/** Up to `limit` messages received before (older than) the message with this id, the newest first. */
export async function listInboxBefore(
  db: Database,
  ownerId: string,
  before: string,
  limit: number,
): Promise<InboxRow[]> {
  const { rows } = await db.query<InboxRow>({
    name: 'list inbox before',
    // The sender's name by a subquery: with a join, the generic plan of this statement may sort the whole mailbox.
    text: `select m.id, (select u.username from users u where u.id = m.other_id) as sender, m.body, m.sent_at as "sentAt"
           from messages m
           where m.owner_id = $1 and m.box = 'inbox' and m.id < $2
           order by m.id desc limit $3`,
    values: [ownerId, before, limit],
  });
  return rows;
}

/** Up to `limit` messages received after (newer than) the message with this id, the nearest first. */
export async function listInboxAfter(
  db: Database,
  ownerId: string,
  after: string,
  limit: number,
): Promise<InboxRow[]> {
  const { rows } = await db.query<InboxRow>({
    name: 'list inbox after',
    text: `select m.id, (select u.username from users u where u.id = m.other_id) as sender, m.body, m.sent_at as "sentAt"
           from messages m
           where m.owner_id = $1 and m.box = 'inbox' and m.id > $2
           order by m.id limit $3`,
    values: [ownerId, after, limit],
  });
  return rows;
}

export interface Letter {
  from: string;
  /** The recipient's username. */
  to: string;
  body: string;
  /** SHA-256 over the form's key and its content: the same form sent again has the same. */
  digest: Buffer;
  sentAt: Date;
}

/** 'sent' also when it had been sent before. */
export type Sending = 'sent' | 'no such recipient' | 'too many';

interface SendingRow {
  isKnown: boolean;
  isNew: boolean;
  isRepeated: boolean;
  recent: number;
}

/**
 * Writes both copies, or nothing, in one statement. Of several sendings of one form only the first inserts its digest
 * and with it the copies; the others wait for its outcome and add nothing. The last minute is counted in one snapshot:
 * sendings at the same moment do not see each other, so as many as there are connections may pass the limit.
 */
export async function sendMessage(db: Database, letter: Letter, perMinute: number): Promise<Sending> {
  const { rows } = await db.query<SendingRow>({
    name: 'send message',
    text: `
      with recipient as (
        select id from users where username = $2
      ), recent as (
        select count(*)::int as n from (
          select from sent_forms where owner_id = $1 and sent_at > now() - interval '1 minute' limit $4) counted
      ), form as (
        insert into sent_forms (owner_id, digest)
        select $1, $3 from recipient, recent where recent.n < $4
        on conflict do nothing returning owner_id
      ), copies as (
        insert into messages (owner_id, id, box, other_id, body, sent_at)
        select copy.owner_id, copy.id, copy.box, copy.other_id, $5, $6
        from form, recipient, lateral (values
          (form.owner_id, $7::uuid, 'sent', recipient.id),
          (recipient.id, $8::uuid, 'inbox', form.owner_id)) copy (owner_id, id, box, other_id)
      )
      select exists (select from recipient) as "isKnown", exists (select from form) as "isNew",
             exists (select from sent_forms where owner_id = $1 and digest = $3) as "isRepeated", recent.n as recent
      from recent`,
    values: [
      letter.from,
      letter.to,
      letter.digest,
      perMinute,
      letter.body,
      letter.sentAt,
      newId(letter.sentAt),
      newId(letter.sentAt),
    ],
  });
  const { isKnown, isNew, isRepeated, recent } = rows[0]!;
  if (!isKnown) return 'no such recipient';
  if (!isNew && !isRepeated && recent >= perMinute) return 'too many';
  return 'sent';
}

/** Removes this person's copy for good; false when there is none with this id. */
export async function deleteMessage(db: Database, ownerId: string, id: string): Promise<boolean> {
  const { rowCount } = await db.query('delete from messages where owner_id = $1 and id = $2', [ownerId, id]);
  return rowCount === 1;
}

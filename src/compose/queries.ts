// Sending and taking back, in SQL. Both copies of a message are written, and removed, by one statement.
import type { Database, Pool } from '../database/pool.ts';
import { transaction } from '../database/transaction.ts';
import { newId } from '../ids.ts';

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

/** 'sent' also when it had been sent before. */
export type Outcome =
  { kind: 'sent'; recipients: string[] } | { kind: 'unknown'; names: string[] } | { kind: 'too many' };

interface OutcomeRow {
  /** Those who exist, as [username, id]. */
  known: [name: string, id: string][];
  isNew: boolean;
  isRepeated: boolean;
  recent: number;
}

/**
 * Writes all copies, or nothing, and removes the draft, in one statement. Of several sendings of one form only the
 * first inserts its digest and with it the copies; the others wait for its outcome and add nothing. What was sent in
 * the last minute is counted in the same snapshot, so statements under way at the same moment do not see each other:
 * the limit can be passed by as many messages as there are connections.
 */
export async function sendMessage(db: Database, sending: Sending, perMinute: number): Promise<Outcome> {
  const { from, to, body, digest, sentAt, draftId } = sending;
  const ids = to.map(() => newId(sentAt));
  const twinIds = to.map(() => newId(sentAt));
  const { rows } = await db.query<OutcomeRow>({
    name: 'send message',
    text: `
      with recipient as (
        select u.id as other_id, u.username, typed.id, typed.twin_id
        from unnest($2::text[], $6::uuid[], $7::uuid[]) as typed (username, id, twin_id)
        join users u on u.username = typed.username
      ), recent as (
        select coalesce(sum(recipients), 0)::int as n from sent_forms
        where owner_id = $1 and sent_at > now() - interval '1 minute'
      ), repeated as (
        select from sent_forms where owner_id = $1 and digest = $3
      ), form as (
        insert into sent_forms (owner_id, digest, recipients)
        select $1, $3, cardinality($2::text[]) from recent
        where recent.n + cardinality($2::text[]) <= $8 and (select count(*) from recipient) = cardinality($2::text[])
        on conflict do nothing returning owner_id
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
             exists (select from repeated) as "isRepeated", recent.n as recent
      from recent`,
    values: [from, to, digest, body, sentAt, ids, twinIds, perMinute, draftId],
  });
  const { known, isNew, isRepeated, recent } = rows[0]!;
  if (known.length < to.length) {
    const names = new Set(known.map(([name]) => name));
    return { kind: 'unknown', names: to.filter((name) => !names.has(name)) };
  }
  if (!isNew && !isRepeated && recent + to.length > perMinute) return { kind: 'too many' };
  return { kind: 'sent', recipients: known.map(([, id]) => id) };
}

export type TakingBack =
  | { kind: 'taken back' | 'opened already'; recipient: string; recipientId: string }
  | { kind: 'no such message' };

/**
 * Takes a message back: removes both copies, if its recipient has not opened it. Whoever removes the row in `unread`
 * first has decided it: a reader removes it before reading (openMessage). The recipient's copy is locked first, as
 * everything does that touches both tables, so that no two wait for each other.
 */
export function unsendMessage(pool: Pool, ownerId: string, id: string): Promise<TakingBack> {
  return transaction(pool, async (db) => {
    const { rows } = await db.query<{ otherId: string; twinId: string; recipient: string }>(
      `select m.other_id as "otherId", m.twin_id as "twinId",
              coalesce((select u.username from users u where u.id = m.other_id), 'deleted account') as recipient
       from messages m where m.owner_id = $1 and m.id = $2 and m.box = 'sent' and m.origin is null and m.trashed_at is null`,
      [ownerId, id],
    );
    const [copy] = rows;
    if (!copy) return { kind: 'no such message' };

    const twin = [copy.otherId, copy.twinId];
    await db.query('select from messages where owner_id = $1 and id = $2 for update', twin);
    const unopened = await db.query(
      'delete from unread where owner_id = $1 and id = $2 and not is_marked',
      twin,
    );
    const kind = unopened.rowCount === 1 ? 'taken back' : 'opened already';
    if (kind === 'taken back') {
      await db.query('delete from messages where owner_id = $1 and id = $2', twin);
      await db.query('delete from messages where owner_id = $1 and id = $2', [ownerId, id]);
    }
    return { kind, recipient: copy.recipient, recipientId: copy.otherId };
  });
}

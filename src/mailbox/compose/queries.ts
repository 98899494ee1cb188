// Sending in SQL: one statement writes all copies of a message or of a batch of messages.
import type { Database } from '../../database/pool.ts';
import { hasSeen, type Seen } from '../drafts/queries.ts';
import { newId } from '../../ids.ts';
import { maxDraftBytes } from '../drafts/limits.ts';
import { draftBytes, maxUnanswered, nearlyFull, type Adding, type Quota } from '../quota.ts';

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

/** `perMinute` counts every recipient of a message. */
export interface SendLimits {
  perMinute: number;
  mailbox: Quota;
}

/** 'sent': now or earlier. 'no room': maybe full, before a recount. 'unanswered': these must reply first. */
export type Attempt =
  | { kind: 'sent'; recipients: string[]; isDraftKept?: true }
  | { kind: 'unknown'; names: string[] }
  | { kind: 'too many' }
  | { kind: 'unanswered'; names: string[] }
  | { kind: 'no room'; adding: Adding; known: Known };

export type Known = [name: string, id: string][];

interface OutcomeRow {
  from: string;
  known: Known;
  isNew: boolean;
  isRepeated: boolean;
  recent: number;
  unanswered: string[];
  hasRoom: boolean;
  /** Whether a locked mailbox was skipped, for this message or another of the batch. */
  isBusy: boolean;
  isDraftKept: boolean;
}

// Writes all copies and deletes the drafts in one statement, or writes nothing. Of concurrent sendings of one form only
// the first inserts the digest and the copies; the others wait for it and add nothing. Concurrent statements do not see
// each other's messages: each can exceed the rate limit by one. The quota is never exceeded: usage is read after
// waiting for its lock, and the whole batch must fit. A sender needs room in the mailbox, or within what they have
// written.
// Messages are passed as JSON to hide their number from the planner: planning anew for each number takes longer than
// sending. With joins instead of `limit 1` and `any`, a plan made while there were few users may scan them all.
const sendMessages = (whereLocked: '' | 'skip locked') => `
  with letter as (
    select l.owner_id, l.digest, l.addressees, l.body, l.sent_at, l.draft_id, l.draft_version, l.draft_pages,
           json_array_length(l.addressees) as recipients, octet_length(l.body) as bytes,
           (select coalesce(sum(f.recipients), 0)::int from sent_forms f
            where f.owner_id = l.owner_id and f.sent_at > now() - interval '1 minute'
              and f.sent_at < now() + interval '1 minute') as recent,
           (select count(*) = 1 from sent_forms f where f.owner_id = l.owner_id and f.digest = l.digest) as is_repeated
    from json_to_recordset($1) as l
      (owner_id uuid, digest bytea, addressees json, body text, sent_at timestamptz, draft_id uuid, draft_version integer, draft_pages json)
  ), recipient as (
    select l.owner_id, l.bytes, u.other_id, u.username, typed.id, typed.twin_id
    from letter l, json_to_recordset(l.addressees) as typed (username text, id uuid, twin_id uuid),
         lateral (select id as other_id, username from users where username = typed.username limit 1) u
  ), possible as (
    select l.owner_id, l.recipients, l.bytes from letter l
    where not l.is_repeated and l.recent + l.recipients <= $2
      and l.recipients = (select count(*) from recipient r where r.owner_id = l.owner_id)
  ), adding as (
    select each.owner_id, sum(each.n)::int as n, sum(each.bytes)::bigint as bytes,
           sum(each.sent)::int as sent, sum(each.sent_bytes)::bigint as sent_bytes
    from (select owner_id, recipients, recipients * bytes, recipients, recipients * bytes from possible
          union all
          select r.other_id, 1, r.bytes, 0, 0 from recipient r
          where r.owner_id = any (array (select owner_id from possible))
         ) each (owner_id, n, bytes, sent, sent_bytes)
    group by each.owner_id
  ), size as (
    select s.owner_id, s.messages, s.bytes, s.sent, s.sent_bytes, s.warned_at is not null as is_warned
    from mailbox_sizes s
    where s.owner_id = any (array (select owner_id from adding))
    order by s.owner_id for no key update of s ${whereLocked}
  ), room as (
    select s.owner_id, s.messages,
           s.messages + a.n <= case when s.is_warned then $4::int else $3::int end
             and ${bytesFit('s.bytes + a.bytes', 'case when s.is_warned then $6::bigint else $5::bigint end')} as takes,
           s.is_warned and s.sent + a.sent <= $4 and ${bytesFit('s.sent_bytes + a.sent_bytes', '$6')} as has_own
    from size s, adding a where a.owner_id = s.owner_id
  ), unanswered as (
    select r.owner_id, r.username from recipient r, room s
    where s.owner_id = r.other_id and s.messages > $7::int and r.owner_id = any (array (select owner_id from possible))
      and (select true from (
             select m.box from messages m
             where m.owner_id = r.other_id and m.other_id = r.owner_id and m.trashed_at is null
             order by m.id desc limit $7) m where m.box = 'sent' limit 1) is null
      and (select true from messages m
           where m.owner_id = r.other_id and m.other_id = r.owner_id and m.trashed_at is null
           order by m.id desc offset $7 - 1 limit 1)
  ), fitting as (
    select p.owner_id from possible p
    where p.owner_id = any (array (select owner_id from room where takes or has_own))
      and not p.owner_id = any (array (select owner_id from unanswered)) and p.recipients = (
        select count(*) from recipient r
        where r.owner_id = p.owner_id and r.other_id = any (array (select owner_id from room where takes)))
  ), form as (
    insert into sent_forms (owner_id, digest, recipients)
    select owner_id, digest, recipients from letter where owner_id = any (array (select owner_id from fitting))
    on conflict do nothing returning owner_id
  ), copy as (
    select c.owner_id, c.id, c.box, c.other_id, c.twin_id, l.body, l.bytes, l.sent_at
    from letter l, recipient r, lateral (values
      (l.owner_id, r.id, 'sent', r.other_id, r.twin_id),
      (r.other_id, r.twin_id, 'inbox', l.owner_id, r.id)) c (owner_id, id, box, other_id, twin_id)
    where r.owner_id = l.owner_id and l.owner_id = any (array (select owner_id from form))
  ), growth as (
    select owner_id, count(*) as n, sum(bytes) as bytes, count(*) filter (where box = 'sent') as sent,
           coalesce(sum(bytes) filter (where box = 'sent'), 0) as sent_bytes
    from copy group by owner_id
  ), grown as (
    update mailbox_sizes s
    set messages = s.messages + (select g.n from growth g where g.owner_id = s.owner_id),
        bytes = s.bytes + (select g.bytes from growth g where g.owner_id = s.owner_id),
        sent = s.sent + (select g.sent from growth g where g.owner_id = s.owner_id),
        sent_bytes = s.sent_bytes + (select g.sent_bytes from growth g where g.owner_id = s.owner_id)
    where s.owner_id = any (array (select owner_id from copy))
  ), written as (
    insert into messages (owner_id, id, box, other_id, twin_id, body, sent_at)
    select owner_id, id, box, other_id, twin_id, body, sent_at from copy
  ), marked as (
    insert into unread (owner_id, id) select owner_id, id from copy where box = 'inbox'
  ), sent as (
    select owner_id, draft_id, draft_version, draft_pages, body from letter where is_repeated or owner_id = any (array (select owner_id from form))
  ), discarded as (
    delete from drafts d
    where d.owner_id = any (array (select owner_id from sent)) and d.id = any (array (select draft_id from sent))
      and exists (
        select from sent
        where sent.owner_id = d.owner_id and sent.draft_id = d.id
          and (sent.draft_version is null or d.body = sent.body or ${hasSeen('sent.draft_version', 'sent.draft_pages')}))
    returning d.owner_id, d.id
  ), ended as (
    insert into ended_drafts (owner_id, id, is_sent) select owner_id, id, true from discarded on conflict do nothing
  )
  select l.owner_id as "from",
         array (select json_build_array(username, other_id) from recipient r where r.owner_id = l.owner_id) as known,
         l.owner_id = any (array (select owner_id from form)) as "isNew", l.is_repeated as "isRepeated", l.recent,
         array (select u.username from unanswered u where u.owner_id = l.owner_id) as unanswered,
         l.owner_id = any (array (select owner_id from fitting)) as "hasRoom",
         (select count(*) from size) < (select count(*) from adding) as "isBusy",
         (select d.id from drafts d where d.owner_id = l.owner_id and d.id = l.draft_id) is not null
           and not exists (select from discarded d where d.owner_id = l.owner_id) as "isDraftKept"
  from letter l`;

/** SQL condition. The drafts of `s.owner_id` are summed only where the max for drafts would not fit. */
function bytesFit(bytes: string, limit: string): string {
  return `(${bytes} + ${maxDraftBytes} <= ${limit} or ${bytes} + ${draftBytes('s.owner_id')} <= ${limit})`;
}

const alone = { name: 'send message', text: sendMessages('') };
const together = { name: 'send messages', text: sendMessages('skip locked') };

export async function sendWhereRoom(db: Database, sending: Sending, limits: SendLimits): Promise<Attempt> {
  const { rows } = await db.query<OutcomeRow>({ ...alone, values: valuesOf([sending], limits) });
  return toAttempt(sending, rows[0]!, limits);
}

/** Sends a batch, max one message per sender, without waiting. 'busy': a mailbox was locked; send this one alone. */
export async function sendTogether(
  db: Database,
  sendings: Sending[],
  limits: SendLimits,
): Promise<(Attempt | 'busy')[]> {
  const { rows } = await db.query<OutcomeRow>({ ...together, values: valuesOf(sendings, limits) });
  const outcomes = new Map(rows.map((row) => [row.from, row]));
  return sendings.map((sending) => {
    const outcome = outcomes.get(sending.from)!;
    const attempt = toAttempt(sending, outcome, limits);
    return attempt.kind === 'no room' && outcome.isBusy ? 'busy' : attempt;
  });
}

function valuesOf(sendings: Sending[], { perMinute, mailbox }: SendLimits): unknown[] {
  const nearly = nearlyFull(mailbox);
  const letters = JSON.stringify(sendings.map(toParameters));
  const limits = [nearly.messages, mailbox.messages, nearly.bytes, mailbox.bytes, maxUnanswered(mailbox)];
  return [letters, perMinute, ...limits];
}

function toParameters({ from, to, body, digest, sentAt, draftId, seen }: Sending) {
  return {
    owner_id: from,
    addressees: to.map((username) => ({ username, id: newId(sentAt), twin_id: newId(sentAt) })),
    digest: `\\x${digest.toString('hex')}`,
    body,
    sent_at: sentAt,
    draft_id: draftId,
    draft_version: seen?.version,
    draft_pages: seen?.pages,
  };
}

function toAttempt({ from, to, body }: Sending, row: OutcomeRow, { perMinute }: SendLimits): Attempt {
  const { known, isNew, isRepeated, recent, unanswered, hasRoom, isDraftKept } = row;
  if (known.length < to.length) {
    const names = new Set(known.map(([name]) => name));
    return { kind: 'unknown', names: to.filter((name) => !names.has(name)) };
  }
  if (!isNew && !isRepeated) {
    if (recent + to.length > perMinute) return { kind: 'too many' };
    if (unanswered.length > 0) return { kind: 'unanswered', names: unanswered };
    if (!hasRoom) return { kind: 'no room', adding: addingOf(from, known, Buffer.byteLength(body)), known };
  }
  return { kind: 'sent', recipients: known.map(([, id]) => id), ...(isDraftKept && { isDraftKept }) };
}

function addingOf(from: string, known: Known, bytes: number): Adding {
  const nothing = { messages: 0, bytes: 0 };
  const adding: Adding = Object.fromEntries(
    known.map(([, id]) => [id, { received: { messages: 1, bytes }, sent: nothing }]),
  );
  const sent = { messages: known.length, bytes: known.length * bytes };
  adding[from] = { received: adding[from]?.received ?? nothing, sent };
  return adding;
}

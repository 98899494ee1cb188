// The expected state of each mailbox, according to the answers its owner got.
import type pg from 'pg';
import { findUntrueConversations } from '../support/conversations.ts';
import type { Ledger, Message } from './ledger.ts';

export type Place = 'there' | 'trash' | 'gone';

/** One message as its two owners have left it. */
export interface Fate {
  sent: Place;
  received: Place;
  isUnread: boolean;
  /** Its reader has had it on the screen. */
  wasOpened: boolean;
  isTakenBack: boolean;
  /** Its reader got a 404. */
  wasMissed: boolean;
  /** What was tried with it and not answered, or with "come back later": done or not, but never by half. */
  doubts: number;
}

export function newFate(): Fate {
  return {
    sent: 'there',
    received: 'there',
    isUnread: true,
    wasOpened: false,
    isTakenBack: false,
    wasMissed: false,
    doubts: 0,
  };
}

interface Copy {
  number: number;
  box: 'inbox' | 'sent';
  owner: string;
  place: Place;
  isUnread: boolean;
  isMarkInStep: boolean;
}

export interface Recount {
  lost: number;
  duplicated: number;
  wrong: string[];
}

/** Compares the database with the answers people got. */
export async function recount(db: pg.Client, ledger: Ledger, fates: Map<number, Fate>): Promise<Recount> {
  const { rows } = await db.query<Copy>(
    `select split_part(substr(m.body, length($1) + 1, 12), E'\\n', 1)::int as number, m.box, m.owner_id as owner,
            case when m.trashed_at is null then 'there' else 'trash' end as place,
            n.id is not null as "isUnread",
            coalesce(n.is_quiet, m.trashed_at is not null) = (m.trashed_at is not null) as "isMarkInStep"
     from messages m left join unread n on n.owner_id = m.owner_id and n.id = m.id
     where starts_with(m.body, $1)`,
    [`${ledger.tag}-`],
  );
  const copies = new Map<string, Copy[]>();
  for (const copy of rows) {
    const key = `${copy.number} ${copy.box} ${copy.owner}`;
    copies.set(key, [...(copies.get(key) ?? []), copy]);
  }
  const found: Recount = { lost: 0, duplicated: 0, wrong: [] };
  for (const message of ledger.messages) compare(message, fates.get(message.number)!, copies, found);
  for (const [left] of copies.values())
    found.wrong.push(`message ${left!.number} is in a mailbox where nobody put it`);
  found.wrong.push(...(await findUntrueConversations(db)));
  return found;
}

function compare(message: Message, fate: Fate, copies: Map<string, Copy[]>, found: Recount): void {
  const { number, from, to } = message;
  const take = (box: string, owner: string): Copy | undefined => {
    const key = `${number} ${box} ${owner}`;
    const [copy, ...more] = copies.get(key) ?? [];
    copies.delete(key);
    found.duplicated += more.length;
    return copy;
  };
  const sent = take('sent', from.id);
  const received = take('inbox', to.id);
  for (const copy of [sent, received])
    if (copy && !copy.isMarkInStep) found.wrong.push(`the unread mark of message ${number} is not in step`);
  if (fate.isTakenBack && fate.wasOpened) found.wrong.push(`message ${number} was read and taken back`);
  // In doubt it may have been taken back.
  if (fate.wasMissed && !fate.isTakenBack && fate.doubts === 0)
    found.wrong.push(`message ${number} was not found though it is there`);
  if (fate.doubts > 0) return;
  if (sent?.isUnread) found.wrong.push(`the sender's copy of message ${number} is unread`);
  check('sent', fate.isTakenBack ? 'gone' : fate.sent, sent);
  check('received', fate.isTakenBack ? 'gone' : fate.received, received);
  if (received && received.isUnread !== fate.isUnread)
    found.wrong.push(
      `message ${number} is ${received.isUnread ? 'unread' : 'read'}, its reader left it otherwise`,
    );

  function check(which: string, expected: Place, copy: Copy | undefined): void {
    const place = copy?.place ?? 'gone';
    if (place === 'gone' && expected !== 'gone') found.lost += 1;
    else if (place !== expected)
      found.wrong.push(`message ${number}, ${which}: ${place} instead of ${expected}`);
  }
}

// The ledger: each message is recorded before its request, and so is the answer.
import { randomBytes, randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { BenchPerson } from '../load/data.ts';
import { findUntrueConversations } from '../support/conversations.ts';

export interface Message {
  number: number;
  from: BenchPerson;
  to: BenchPerson;
  /** The key of the form; pressing Send again sends the same. */
  key: string;
  body: string;
  tries: number;
  /** Whether sending was confirmed. Until then it may exist or not, but never twice or half. */
  isAnswered: boolean;
}

export interface Ledger {
  messages: Message[];
  /** Every text of this ledger begins with it, and no other. */
  tag: string;
  intend(from: BenchPerson, to: BenchPerson): Message;
  answered(): number;
}

export function openLedger(): Ledger {
  const tag = `ledger${randomBytes(6).toString('hex')}`;
  const messages: Message[] = [];
  return {
    messages,
    tag,
    intend: (from, to) => {
      const number = messages.length;
      const body = `${tag}-${number}\n\tGrüße, שלום & <b>🦉</b> ${'and so on '.repeat(number % 30)}`;
      const message = { number, from, to, key: randomUUID(), body, tries: 0, isAnswered: false };
      messages.push(message);
      return message;
    },
    answered: () => messages.filter(({ isAnswered }) => isAnswered).length,
  };
}

export interface Audit {
  lost: number;
  duplicated: number;
  wrong: string[];
}

interface Copy {
  owner: string;
  id: string;
  box: string;
  other: string;
  twin: string;
  body: string;
  isUnread: boolean;
}

/** Compares the ledger with the mailboxes. Nobody may have opened or deleted any of these messages. */
export async function audit(db: pg.Client, ledger: Ledger): Promise<Audit> {
  const { rows } = await db.query<Copy>(
    `select m.owner_id as owner, m.id, m.box, m.other_id as other, m.twin_id as twin, m.body,
            exists (select from unread n where n.owner_id = m.owner_id and n.id = m.id) as "isUnread"
     from messages m where starts_with(m.body, $1)`,
    [`${ledger.tag}-`],
  );
  const copies = new Map<number, Copy[]>();
  for (const row of rows) {
    const number = Number.parseInt(row.body.slice(ledger.tag.length + 1), 10);
    copies.set(number, [...(copies.get(number) ?? []), row]);
  }
  const found: Audit = { lost: 0, duplicated: 0, wrong: [] };
  for (const message of ledger.messages) compare(message, copies.get(message.number) ?? [], found);
  for (const number of copies.keys())
    if (!ledger.messages[number]) found.wrong.push(`message ${number} was never written`);
  found.wrong.push(...(await findUntrueConversations(db)));
  return found;
}

function compare(message: Message, copies: Copy[], found: Audit): void {
  const { number, from, to, body } = message;
  const sent = copies.filter(
    ({ owner, other, box }) => box === 'sent' && owner === from.id && other === to.id,
  );
  const received = copies.filter(
    ({ owner, other, box }) => box === 'inbox' && owner === to.id && other === from.id,
  );
  if (sent.length + received.length < copies.length) found.wrong.push(`message ${number} went astray`);
  if (sent.length !== received.length) found.wrong.push(`message ${number} is there by half`);
  if (message.isAnswered && sent.length === 0 && received.length === 0) found.lost += 1;
  found.duplicated += Math.max(0, Math.max(sent.length, received.length) - 1);
  if (copies.some((copy) => copy.body !== body)) found.wrong.push(`message ${number} has other words`);
  if (received.some(({ isUnread }) => !isUnread))
    found.wrong.push(`message ${number} has lost its unread mark`);
  if (sent.some(({ id, twin }) => !received.some((copy) => copy.id === twin && copy.twin === id)))
    found.wrong.push(`the copies of message ${number} do not know each other`);
}

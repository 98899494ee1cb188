// The limit of new people: how many somebody may write to unasked in a day (docs/decisions/new-people.md).
import type { Database } from '../../database/pool.ts';

const dayMs = 24 * 60 * 60 * 1000;
const windowMs = 30 * dayMs;
/** Answers raise the limit to this multiple at most, however many accounts answer. */
const maxGrowth = 5;
/** Somebody who approaches fewer could guess who complained. */
const minApproached = 10;
const complaintsPerHalving = 2;
const fewLeft = 5;

/** What the limit depends on, within 30 days. */
interface Standing {
  /** How many answered for the first time, capped. */
  answered: number;
  /** How many the owner approached, capped. */
  approached: number;
  /** How many blocked or reported the owner. A day passes before it counts. */
  complaints: number;
}

/** For a day. Complaints count in pairs, and rounded, so that nobody can tell a single one. */
export function allowanceOf({ answered, approached, complaints }: Standing, perDay: number): number {
  const grown = Math.min(maxGrowth * perDay, perDay + 2 * answered);
  const halvings = approached < minApproached ? 0 : Math.floor(complaints / complaintsPerHalving);
  if (halvings === 0) return grown;
  const step = Math.max(1, Math.floor(perDay / 4));
  return Math.max(1, Math.floor(grown / 2 ** halvings / step) * step);
}

export interface NewPeople {
  /** Those of `otherIds` whom the owner has not written to, and who have not written to the owner. */
  strangers: string[];
  /** How many more the owner may write to on that day. */
  left: number;
}

export interface Asking {
  perDay: number;
  /** The day is the one in UTC that this lies in. */
  at: Date;
  otherIds: string[];
}

export async function findNewPeople(db: Database, ownerId: string, asking: Asking): Promise<NewPeople> {
  const { strangers, today, ...standing } = await readStanding(db, ownerId, asking);
  return { strangers, left: Math.max(0, allowanceOf(standing, asking.perDay) - today) };
}

type Row = Standing & { today: number; strangers: string[] };

/** The strangers by scalar subqueries: EXISTS could become a join that reads the whole mailbox. */
async function readStanding(db: Database, ownerId: string, { perDay, at, otherIds }: Asking): Promise<Row> {
  const { rows } = await db.query<Row>({
    name: 'find new people',
    text: `select (select count(*)::int from contacts k
                   where k.owner_id = $1 and k.approached_at >= $2 and k.approached_at < $3) as today,
                  (select count(*)::int from (
                     select from contacts k where k.owner_id = $1 and k.approached_at >= $4
                     limit ${minApproached}) a) as approached,
                  (select count(*)::int from (
                     select from contacts k where k.owner_id = $1 and k.answered_at >= $4 limit $5) a) as answered,
                  (select coalesce(sum(c.count), 0)::int from complaints c
                   where c.owner_id = $1 and c.day >= $6 and c.day < $7) as complaints,
                  array(select p.id from unnest($8::uuid[]) p (id)
                        where (select k.written_at from contacts k
                               where k.owner_id = $1 and k.other_id = p.id) is null
                          and (select m.id from messages m
                               where m.owner_id = $1 and m.other_id = p.id and m.trashed_at is null
                                 and m.box <> 'sent' limit 1) is null) as strangers`,
    values: [
      ownerId,
      startOfDay(at),
      nextDay(at),
      new Date(at.getTime() - windowMs),
      Math.ceil(((maxGrowth - 1) * perDay) / 2),
      dateOf(new Date(at.getTime() - windowMs)),
      dateOf(new Date(at.getTime() - dayMs)),
      otherIds,
    ],
  });
  return rows[0]!;
}

export interface TooManyNew {
  kind: 'too many new';
  names: string[];
  left: number;
}

/** `isNew`: whom the sender has not written to; only these are looked up. */
export async function checkNewPeople(
  db: Database,
  ownerId: string,
  { perDay, at }: Omit<Asking, 'otherIds'>,
  recipients: { id: string; username: string; isNew: boolean }[],
): Promise<{ strangers: string[]; refusal?: TooManyNew }> {
  const otherIds = recipients.filter(({ isNew }) => isNew).map(({ id }) => id);
  if (otherIds.length === 0) return { strangers: [] };
  const { strangers, left } = await findNewPeople(db, ownerId, { perDay, at, otherIds });
  if (strangers.length <= left) return { strangers };
  const names = recipients.filter(({ id }) => strangers.includes(id)).map(({ username }) => username);
  return { strangers, refusal: { kind: 'too many new', names, left } };
}

/** Whether a page says so. */
export function isNear(left: number): boolean {
  return left <= fewLeft;
}

export function secondsToNextDay(at: Date): number {
  return Math.ceil((nextDay(at).getTime() - at.getTime()) / 1000);
}

export function dateOf(at: Date): string {
  return at.toISOString().slice(0, 10);
}

function startOfDay(at: Date): Date {
  return new Date(Math.floor(at.getTime() / dayMs) * dayMs);
}

function nextDay(at: Date): Date {
  return new Date(startOfDay(at).getTime() + dayMs);
}

// Search in SQL, over one person's mailbox.
import type { Database } from '../database/pool.ts';
import { rowColumns, type MessageRow } from '../mailbox/queries.ts';
import { conditionsOf, standAsAsked, type Conditions } from './conditions.ts';
import { beginning, passageFor } from './matches.ts';
import type { Search } from './search-words.ts';

export interface FoundRow extends MessageRow {
  /** The place where it was found, the words between matchStart and matchEnd. */
  passage: string;
}

/** Up to `limit` messages that match and are older than the one with this id, the newest first. */
export function searchBefore(db: Database, ownerId: string, search: Search, before: string, limit: number) {
  const under = search.before && search.before < before ? search.before : before;
  return searchBetween(db, { ownerId, search, over: search.after, under, order: 'desc', limit });
}

/** Up to `limit` messages that match and are newer than the one with this id, the nearest first. */
export function searchAfter(db: Database, ownerId: string, search: Search, after: string, limit: number) {
  const over = search.after > after ? search.after : after;
  return searchBetween(db, { ownerId, search, over, under: search.before, order: 'asc', limit });
}

interface Asked {
  ownerId: string;
  search: Search;
  /** Ids between which to look. */
  over: string;
  under: string;
  order: Order;
  limit: number;
}

type Order = 'asc' | 'desc';

/** One statement without a name: PostgreSQL then plans for these very words and conditions, knowing how common they are. */
async function searchBetween(db: Database, asked: Asked): Promise<FoundRow[]> {
  const { ownerId, search, over, under, order, limit } = asked;
  const values: unknown[] = [ownerId, over, under, limit];
  const conditions = conditionsOf(search, (value) => `$${values.push(value)}`);
  const { words, indexed } = conditions;
  const unindexed = search.isUnread ? throughUnread : throughMailbox;
  const found =
    indexed.length > 0 ? throughPeriods(conditions, search.isUnread, order) : unindexed(conditions, order);
  const { rows } = await db.query<FoundRow>(
    `select ${rowColumns}, ${words ? passageFor(words) : beginning} as passage from messages m
     where m.owner_id = $1 and m.id = any (array (${found})) order by m.id ${order}`,
    values,
  );
  return rows;
}

const inRange = (row: string) => `${row}.owner_id = $1 and ${row}.id > $2 and ${row}.id < $3`;
const all = (conditions: string[]) => conditions.join(' and ');

/** Messages are read in their order until the page is full. */
function throughMailbox({ others }: Conditions, order: Order): string {
  return `select m.id from messages m where ${all([inRange('m'), ...others])} order by m.id ${order} limit $4`;
}

/** The same, for what is unread: its marks are read. ("offset 0" keeps PostgreSQL from reading the messages first.) */
function throughUnread({ others }: Conditions, order: Order): string {
  const withMark = 'select * from messages where owner_id = $1 and id = n.id offset 0';
  return `select n.id from unread n, lateral (${withMark}) m where ${all([inRange('n'), ...others])}
          order by n.id ${order} limit $4`;
}

/**
 * One period of the mailbox after another is looked up in the index (migrations/0013) until the page is full: of the
 * next one, its `first` message on the way is known. ("offset 0" keeps PostgreSQL from looking at conditions too early.)
 */
function throughPeriods({ words, indexed, others }: Conditions, isUnread: boolean, order: Order): string {
  const isMarked = isUnread ? ['(select true from unread n where n.owner_id = $1 and n.id = m.id)'] : [];
  return `
    with recursive periods (first, ids, missing) as (
      select ${firstMessage('true', order)}, '{}'::uuid[], $4::int
      union all
      select ${firstMessage(beyondPeriod[order], order)}, found.ids, missing - cardinality(found.ids)
      from periods, lateral (select array (
        select id from (
          select m.id, m.body from (
            select owner_id, id, box, body, trashed_at from messages
            where mailbox_in(owner_id, period_of(id)) = mailbox_in($1, period_of(first)) and ${all(indexed)} offset 0
          ) m
          where ${all([inRange('m'), ...others, ...isMarked])} order by m.id ${order} offset 0
        ) likely
        where ${words ? standAsAsked(words, 'likely.body') : 'true'} order by id ${order} limit missing
      ) as ids offset 0) found
      where first is not null and missing > 0
    )
    select unnest(ids) from periods`;
}

const firstMessage = (where: string, order: Order) =>
  `(select m.id from messages m where ${inRange('m')} and ${where} order by m.id ${order} limit 1)`;

/** Behind the period of the message `first`, as one goes through the mailbox. */
const beyondPeriod = {
  desc: `m.id < (rpad(lpad(to_hex(period_of(first) * 4), 5, '0'), 8, '0') || '-0000-0000-0000-000000000000')::uuid`,
  asc: `m.id > (rpad(lpad(to_hex(period_of(first) * 4 + 3), 5, '0'), 8, 'f') || '-ffff-ffff-ffff-ffffffffffff')::uuid`,
};

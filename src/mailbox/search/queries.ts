// Search in SQL, within one mailbox.
import type { Database } from '../../database/pool.ts';
import { readNames, rowColumns, type MessageRow } from '../queries.ts';
import { conditionsOf, type Conditions } from './conditions.ts';
import type { Search } from './search-words.ts';

export interface FoundRow extends MessageRow {
  body: string | null;
}

export function searchBefore(db: Database, ownerId: string, search: Search, before: string, limit: number) {
  const under = search.before && search.before < before ? search.before : before;
  return searchBetween(db, { ownerId, search, over: search.after, under, order: 'desc', limit });
}

/** Nearest first. */
export function searchAfter(db: Database, ownerId: string, search: Search, after: string, limit: number) {
  const over = search.after > after ? search.after : after;
  return searchBetween(db, { ownerId, search, over, under: search.before, order: 'asc', limit });
}

interface Asked {
  ownerId: string;
  search: Search;
  over: string;
  under: string;
  order: Order;
  limit: number;
}

type Order = 'asc' | 'desc';

/** Not a named statement: PostgreSQL plans for these words and conditions, knowing how common they are. */
async function searchBetween(db: Database, asked: Asked): Promise<FoundRow[]> {
  const { ownerId, search, over, under, order, limit } = asked;
  const values: unknown[] = [ownerId, over, under, limit];
  const conditions = conditionsOf(search, (value) => `$${values.push(value)}`);
  const { hasWords, indexed } = conditions;
  const found = indexed.length > 0 ? throughWindows(conditions, order) : throughMailbox(conditions, order);
  const { rows } = await db.query<FoundRow>(
    `select ${rowColumns}, ${hasWords ? 'm.body' : 'null'} as body from messages m
     where m.owner_id = $1 and m.id = any (array (${found})) order by m.id ${order}`,
    values,
  );
  return readNames(rows);
}

const all = (conditions: string[]) => conditions.join(' and ');
const inRange = (row: string) => `${row}.owner_id = $1 and ${row}.id > $2 and ${row}.id < $3`;

// `offset 0` is an optimization fence: PostgreSQL runs the subquery by itself, first, and once per row.

function throughMailbox({ isUnread, place, others }: Conditions, order: Order): string {
  const [row, tables] = isUnread
    ? ['n', `unread n, lateral (${ofMessage('n', 'box, trashed_at, body')} offset 0) m`]
    : ['m', 'messages m'];
  return `select ${row}.id from ${tables} where ${all([inRange(row), place, ...others])}
          order by ${row}.id ${order} limit $4`;
}

const ofMessage = (row: string, columns: string) =>
  `select ${columns} from messages where owner_id = $1 and id = ${row}.id`;

const standIn = (phrases: (tokens: string) => string, row: string) =>
  `(select ${phrases('tokens')} from (${ofMessage(row, 'tokens_of(body) as tokens')} offset 0) t)`;

// Time windows by the first digits of an id: 4 are 50 days, 5 are 3 days, 6 are 5 hours.
const widest = 4;
const firstLook = 5;
const narrowest = 6;
/** With more matches in a window, narrower ones are tried: only the first few are needed. */
const many = 200;

// Looks up one time window after another in the index (migrations/0013) until the page is full: first 3 days, then
// narrower ones where there are too many matches, and wider ones again after these. `first` is the first message in
// scan order; `likely` are matches in the index whose text is not checked yet. The key in the index holds the owner:
// beside `owner_id = $1`, PostgreSQL would read the primary key instead while it has no statistics of a new mailbox.
function throughWindows(conditions: Conditions, order: Order): string {
  const { isUnread, place, indexed, others, phrases } = conditions;
  const isMarked = isUnread ? '(select true from unread n where n.owner_id = $1 and n.id = m.id)' : 'true';
  const first = (where: string) =>
    `(select m.id from ${isUnread ? 'unread' : 'messages'} m
      where ${all([inRange('m'), isUnread ? 'true' : place, where])} order by m.id ${order} limit 1)`;
  return `
    with recursive windows (first, digits, ids, missing) as (
      select ${first('true')}, ${firstLook}, '{}'::uuid[], $4::int
      union all
      select next.first,
             case when likely.are_many then digits + 1
                  when left(next.first::text, digits - 1) = left(windows.first::text, digits - 1) then digits
                  else greatest(digits - 1, ${widest}) end,
             found.ids, missing - cardinality(found.ids)
      from windows, lateral (
        select count(*) > ${many} and digits < ${narrowest} as are_many,
               array_agg(m.id order by m.id ${order})
                 filter (where ${all([inRange('m'), place, isMarked, ...others])}) as ids
        from (
          select owner_id, id, box, trashed_at, body from searched_messages
          where windows_of(owner_id, id) @> array[window_of($1, first, digits)] and ${all(indexed)}
          limit case when digits < ${narrowest} then ${many + 1} end
        ) m
      ) likely, lateral (
        select array (
          select l.id from unnest(case when not likely.are_many then likely.ids end) l (id)
          where ${phrases ? standIn(phrases, 'l') : 'true'} limit missing) as ids offset 0
      ) found, lateral (
        select case when likely.are_many then windows.first else ${first(beyondWindow[order])} end as first offset 0
      ) next
      where windows.first is not null and missing > 0
    )
    select unnest(ids) from windows`;
}

const beyondWindow = {
  desc: `m.id < rpad(left(windows.first::text, digits), 32, '0')::uuid`,
  asc: `m.id > rpad(left(windows.first::text, digits), 32, 'f')::uuid`,
};

// Search in SQL, over one person's mailbox.
import type { Database } from '../database/pool.ts';
import { rowColumns, type MessageRow } from '../mailbox/queries.ts';
import type { Search } from './search-words.ts';

export interface FoundRow extends MessageRow {
  /** The place where it was found, the words between matchStart and matchEnd. */
  passage: string;
}

// Characters that mark matches on their way from PostgreSQL to the page: of Unicode's private use area. Where somebody
// has written them, the passage shows a space.
export const matchStart = '\uE000';
export const matchEnd = '\uE001';

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
  order: 'asc' | 'desc';
  limit: number;
}

// A word that fills a page from so few messages is so common that the index would bring tens of thousands.
const lookThrough = 200;

/** Whether a message is with this person, or was imported with this name: alone, or as an address beside another name. */
const isPerson = (name: string) => `(m.other_id = (select id from users where username = ${name})
  or lower(m.other_name) = ${name} or right(lower(m.other_name), length(${name}) + 2) = '<' || ${name} || '>')`;
const conditions = `m.owner_id = $1 and m.id > $2 and m.id < $3
  and ($6::text is null or (m.box = 'inbox' and ${isPerson('$6')}))
  and ($7::text is null or (m.box = 'sent' and ${isPerson('$7')}))
  and (not $8 or m.id in (select n.id from unread n where n.owner_id = $1))`;
const place = `($9::text is null or case $9 when 'trash' then m.trashed_at is not null else m.box = $9 and m.trashed_at is null end)`;
const words = `websearch_to_tsquery('words', $4)`;
const without = `websearch_to_tsquery('words', $5)`;
const wholeMatch = `to_tsvector('words', m.body) @@ (${words} && ${without})`;

// A short message whole, of a long one the places where the words are.
const marked = `StartSel=${matchStart}, StopSel=${matchEnd}`;
const whole = `${marked}, HighlightAll=true`;
const places = `${marked}, MaxFragments=2, MaxWords=30, MinWords=12, ShortWord=0, FragmentDelimiter=" … "`;
const passage = `case when $4 = '' then left(m.body, 280)
  else ts_headline('words', translate(m.body, '${matchStart}${matchEnd}', '  '), ${words},
                   case when length(m.body) <= 280 then '${whole}' else '${places}' end) end`;

/** The ids of the first matches on the way through the mailbox, or through its first `most` messages. */
const walk = (order: 'asc' | 'desc', most: number | 'all') => `
  select m.id from (
    select owner_id, id, box, other_id, other_name, body, trashed_at from messages
    where owner_id = $1 and id > $2 and id < $3 order by id ${order} limit ${most}) m
  where ${conditions} and ${place} and ($4 || $5 = '' or ${wholeMatch}) order by m.id ${order} limit $10`;

/**
 * The same by the index, where the walk did not fill the page. The index knows which words a message has and not where,
 * and to look that up takes ten times as long as all the rest: so a phrase is first taken for words in any order, and
 * looked up only until the page is full. ("is not false" hides the place from the index of everybody's trash, which would
 * be read as well.)
 */
const walkThenIndex = (order: 'asc' | 'desc') => `
  with near as materialized (${walk(order, lookThrough)}
  ), likely as materialized (
    select m.id from messages m
    where (select count(*) from near) < $10 and ${conditions} and ${place} is not false and to_tsvector('words', m.body)
      @@ (regexp_replace(${words}::text, '<(-|\\d+)>', '&', 'g')::tsquery && ${without})
  ), far as (
    select likely.id from (select id from likely order by id ${order}) likely
    where (select ${wholeMatch} from messages m where m.owner_id = $1 and m.id = likely.id)
    order by likely.id ${order} limit $10
  )
  select id from far union all select id from near where (select count(*) from near) = $10`;

/** One statement without a name: PostgreSQL then plans for these very words and conditions, knowing how common they are. */
async function searchBetween(db: Database, asked: Asked): Promise<FoundRow[]> {
  const { ownerId, search, over, under, order, limit } = asked;
  const { from = null, to = null, place: where = null } = search;
  const found = search.words === '' ? walk(order, 'all') : walkThenIndex(order);
  const { rows } = await db.query<FoundRow>(
    `select ${rowColumns}, ${passage} as passage from messages m
     where m.owner_id = $1 and m.id = any (array (${found})) order by m.id ${order}`,
    [ownerId, over, under, search.words, search.without, from, to, search.isUnread, where, limit],
  );
  return rows;
}

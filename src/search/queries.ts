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

async function searchBetween(db: Database, asked: Asked): Promise<FoundRow[]> {
  if (asked.search.words === '') return showFound(db, asked, await walk(db, asked));
  const near = await walk(db, asked, lookThrough);
  return showFound(db, asked, near.length < asked.limit ? await askIndex(db, asked) : near);
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

function valuesOf({ ownerId, search, over, under, limit }: Asked): unknown[] {
  const { from = null, to = null, place: where = null } = search;
  return [ownerId, over, under, search.words, search.without, from, to, search.isUnread, where, limit];
}

// None of these has a name: PostgreSQL then plans for these very words and conditions, knowing how common they are.

/** The ids of the first matches on the way through the mailbox, or through its first `most` messages. */
async function walk(db: Database, asked: Asked, most?: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select m.id from (
       select * from messages where owner_id = $1 and id > $2 and id < $3 order by id ${asked.order} limit $11::bigint) m
     where ${conditions} and ${place} and ($4 || $5 = '' or ${wholeMatch}) order by m.id ${asked.order} limit $10`,
    [...valuesOf(asked), most ?? null],
  );
  return rows.map(({ id }) => id);
}

/**
 * The same by the index. It knows which words a message has and not where, and to look that up takes ten times as
 * long as all the rest: so a phrase is first taken for words in any order, and looked up only until the page is full.
 * ("is not false" hides the place from the index of everybody's trash, which would be read as well.)
 */
async function askIndex(db: Database, asked: Asked): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `with likely as materialized (
       select m.id from messages m
       where ${conditions} and ${place} is not false and to_tsvector('words', m.body)
         @@ (regexp_replace(${words}::text, '<(-|\\d+)>', '&', 'g')::tsquery && ${without}))
     select likely.id from (select id from likely order by id ${asked.order}) likely
     where (select ${wholeMatch} from messages m where m.owner_id = $1 and m.id = likely.id)
     order by likely.id ${asked.order} limit $10`,
    valuesOf(asked),
  );
  return rows.map(({ id }) => id);
}

// A short message whole, of a long one the places where the words are.
const marked = `StartSel=${matchStart}, StopSel=${matchEnd}`;
const whole = `${marked}, HighlightAll=true`;
const places = `${marked}, MaxFragments=2, MaxWords=30, MinWords=12, ShortWord=0, FragmentDelimiter=" … "`;

async function showFound(
  db: Database,
  { ownerId, search, order }: Asked,
  ids: string[],
): Promise<FoundRow[]> {
  if (ids.length === 0) return [];
  const { rows } = await db.query<FoundRow>(
    `select ${rowColumns},
            case when $3 = '' then left(m.body, 280)
                 else ts_headline('words', translate(m.body, '${matchStart}${matchEnd}', '  '),
                                  websearch_to_tsquery('words', $3),
                                  case when length(m.body) <= 280 then '${whole}' else '${places}' end)
            end as passage
     from messages m where m.owner_id = $1 and m.id = any ($2::uuid[]) order by m.id ${order}`,
    [ownerId, ids, search.words],
  );
  return rows;
}

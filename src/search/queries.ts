// Search in SQL, over one person's mailbox.
import type { Database } from '../database/pool.ts';
import { lowestId } from '../ids.ts';
import type { MessageRow } from '../mailbox/queries.ts';
import type { Search } from './search-words.ts';

export interface FoundRow extends MessageRow {
  /** The place where it was found, the words between matchStart and matchEnd. */
  passage: string;
}

// Characters that mark matches on their way from PostgreSQL to the page. They belong to nobody (Unicode's private use
// area), and if somebody writes them all the same, a word is marked that was not meant.
export const matchStart = '\uE000';
export const matchEnd = '\uE001';

// The newest messages, looked through one by one before the index is asked. A word that fills a page from so few is
// so common that the index would bring thousands.
const lookThrough = 300;

const columns = `m.id, m.box, (select u.username from users u where u.id = m.other_id) as other,
  left(m.body, 280) as excerpt, m.sent_at as "sentAt", m.trashed_at is not null as "isTrashed",
  (select n.id from unread n where n.owner_id = m.owner_id and n.id = m.id) is not null as "isUnread",
  case when $5 = '' then left(m.body, 280)
       else ts_headline('words', m.body, websearch_to_tsquery('words', $5),
                        'StartSel=${matchStart}, StopSel=${matchEnd}, MaxFragments=2, MaxWords=30, MinWords=12, FragmentDelimiter=" … "')
  end as passage`;

const conditions = `m.owner_id = $1 and m.id < $2 and m.id >= $4
  and ($5 = '' or to_tsvector('words', m.body) @@ websearch_to_tsquery('words', $5))
  and ($6::text is null or (m.box = 'inbox' and m.other_id = (select id from users where username = $6)))
  and ($7::text is null or (m.box = 'sent' and m.other_id = (select id from users where username = $7)))
  and (not $8 or exists (select from unread n where n.owner_id = m.owner_id and n.id = m.id))
  and ($9::text is null or case $9 when 'trash' then m.trashed_at is not null else m.box = $9 and m.trashed_at is null end)`;

/** Up to `limit` messages that match and are older than the one with this id, the newest first. */
export async function searchBefore(
  db: Database,
  ownerId: string,
  search: Search,
  before: string,
  limit: number,
): Promise<FoundRow[]> {
  const upTo = search.before && search.before < before ? search.before : before;
  const values = [ownerId, upTo, limit, search.after ?? lowestId, search.words, search.from ?? null,
    search.to ?? null, search.isUnread, search.place ?? null]; // prettier-ignore
  const recent = await db.query<FoundRow>(
    `select ${columns} from (
       select m.* from messages m where m.owner_id = $1 and m.id < $2 order by m.id desc limit ${lookThrough}) m
     where ${conditions} order by m.id desc limit $3`,
    values,
  );
  if (recent.rows.length >= limit) return recent.rows;
  // Not by name: PostgreSQL then plans for these very words, knowing how common they are. The matches first and the
  // order afterwards, or it might walk the mailbox from the newest on for a word that is rare.
  const all = await db.query<FoundRow>(
    `with found as materialized (select m.owner_id, m.id from messages m where ${conditions}),
          page as (select owner_id, id from found order by id desc limit $3)
     select ${columns} from page join messages m using (owner_id, id) order by m.id desc`,
    values,
  );
  return all.rows;
}

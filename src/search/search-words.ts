// What somebody typed into the search field, taken apart: words for the full text search, and conditions.
import { foldUsername } from '../accounts/usernames.ts';
import { lowestIdAt } from '../ids.ts';

export interface Search {
  /** Words, "phrases" and -without, as websearch_to_tsquery reads them; it takes anything without complaint. */
  words: string;
  from: string | undefined;
  to: string | undefined;
  /** Ids at the edges of the time asked for: messages from `after` on and before `before`. */
  after: string | undefined;
  before: string | undefined;
  isUnread: boolean;
  place: 'inbox' | 'sent' | 'trash' | undefined;
}

const day = 24 * 60 * 60 * 1000;

/**
 * Takes a line like `cake "on saturday" -rain from:bob after:2026-10-31 in:sent` apart. What looks like a condition
 * but is none (`from:`, `before:soon`) is searched for as words.
 */
export function readSearch(line: string): Search {
  const search: Search = {
    words: '',
    from: undefined,
    to: undefined,
    after: undefined,
    before: undefined,
    isUnread: false,
    place: undefined,
  };
  // A phrase is one piece, so that from:bob inside quotation marks stays a word.
  const pieces = line.match(/-?"[^"]*"?|\S+/g) ?? [];
  search.words = pieces.filter((piece) => !takeCondition(search, piece)).join(' ');
  return search;
}

/** Notes a condition in the search; false when the piece is none. */
function takeCondition(search: Search, piece: string): boolean {
  const [, name = '', value = ''] = /^([a-z]+):(.+)$/i.exec(piece) ?? [];
  const condition = conditions.get(name.toLowerCase())?.(value.toLowerCase());
  Object.assign(search, condition);
  return condition !== undefined;
}

/** What each condition says about the search; undefined when its value makes no sense. */
const conditions = new Map<string, (value: string) => Partial<Search> | undefined>([
  ['from', (name) => ({ from: foldUsername(name) })],
  ['to', (name) => ({ to: foldUsername(name) })],
  // "before" a day ends with the one before; "after" it begins with the next one.
  ['before', (text) => withDate(text, (date) => ({ before: lowestIdAt(new Date(date)) }))],
  ['after', (text) => withDate(text, (date) => ({ after: lowestIdAt(new Date(date + day)) }))],
  ['is', (state) => (state === 'unread' ? { isUnread: true } : undefined)],
  ['in', (place) => (place === 'inbox' || place === 'sent' || place === 'trash' ? { place } : undefined)],
]);

function withDate(text: string, use: (date: number) => Partial<Search>): Partial<Search> | undefined {
  const date = readDate(text);
  return date === undefined ? undefined : use(date);
}

/** A day like 2026-11-01 in milliseconds since 1970 (UTC), or undefined when there is no such day. */
export function readDate(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const time = Date.parse(`${text}T00:00:00Z`);
  const exists = time >= 0 && new Date(time).toISOString().startsWith(text);
  return exists ? time : undefined;
}

// What somebody typed into the search field, taken apart: words for the full text search, and conditions.
import { foldUsername } from '../accounts/usernames.ts';
import { highestId, lowestId, lowestIdAt } from '../ids.ts';

/** In characters; more than that is no search. */
export const longestSearch = 300;

export interface Search {
  /** Words and "phrases", as websearch_to_tsquery reads them; it takes anything without complaint. */
  words: string;
  /** The same of what must not be in a message: -rain -"long table". */
  without: string;
  from: string | undefined;
  to: string | undefined;
  /** Ids at the edges of the time asked for: messages from `after` on and before `before`. */
  after: string;
  before: string;
  isUnread: boolean;
  place: 'inbox' | 'sent' | 'trash' | undefined;
}

const day = 24 * 60 * 60 * 1000;

/**
 * Takes a line like `cake "on saturday" -rain from:bob after:2026-10-31 in:sent` apart. What looks like a condition
 * but is none (`from:`, `before:soon`) is searched for as words. Undefined when there is nothing to look for (`&|!`).
 */
export function readSearch(line: string): Search | undefined {
  // A phrase is one piece, so that from:bob inside quotation marks stays a word. Each once, but for "or", which joins the
  // words beside it: to mark fifty times the same takes PostgreSQL seconds.
  const typed: string[] = line.match(/-?"[^"]*"?|\S+/g) ?? [];
  const pieces = typed.filter((piece, index) => /^or$/i.test(piece) || typed.indexOf(piece) === index);
  const conditions = pieces.map(readCondition);
  const texts = pieces.filter((piece, index) => !conditions[index] && hasLetters(piece)).map(quoteAddress);
  if (texts.length === 0 && conditions.every((condition) => !condition)) return undefined;
  return {
    words: texts.filter((text) => !text.startsWith('-')).join(' '),
    without: texts.filter((text) => text.startsWith('-')).join(' '),
    from: undefined,
    to: undefined,
    after: lowestId,
    before: highestId,
    isUnread: false,
    place: undefined,
    ...Object.assign({}, ...conditions),
  };
}

/** Outside of quotation marks websearch_to_tsquery would cut a web address at its colon. */
function quoteAddress(text: string): string {
  return /^[^"]*:\/\/[^"]*$/.test(text) ? text.replace(/^(-?)(.*)$/, '$1"$2"') : text;
}

function hasLetters(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}

/** What a piece says about the search, if it is a condition that makes sense. */
function readCondition(piece: string): Partial<Search> | undefined {
  const [, name = '', value = ''] = /^([a-z]+):(.+)$/i.exec(piece) ?? [];
  return meanings.get(name.toLowerCase())?.(value.toLowerCase());
}

/** What each condition says about the search; undefined when its value makes no sense. */
const meanings = new Map<string, (value: string) => Partial<Search> | undefined>([
  ['from', (typed) => withName(typed, (from) => ({ from }))],
  ['to', (typed) => withName(typed, (to) => ({ to }))],
  // "before" a day ends with the one before; "after" it begins with the next one.
  ['before', (text) => withDate(text, (date) => ({ before: lowestIdAt(new Date(date)) }))],
  ['after', (text) => withDate(text, (date) => ({ after: lowestIdAt(new Date(date + day)) }))],
  ['is', (state) => (state === 'unread' ? { isUnread: true } : undefined)],
  ['in', (place) => (place === 'inbox' || place === 'sent' || place === 'trash' ? { place } : undefined)],
]);

function withName(typed: string, use: (name: string) => Partial<Search>): Partial<Search> | undefined {
  const name = foldUsername(typed);
  return name === '' ? undefined : use(name);
}

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

// Translates a search into SQL conditions.
import { outsideTrays } from '../queries.ts';
import type { Phrase } from './phrases.ts';
import type { Place, Search } from './search-words.ts';

export interface Conditions {
  hasWords: boolean;
  isUnread: boolean;
  place: string;
  /** On columns of messages: answered by the index of tokens and names. */
  indexed: string[];
  others: string[];
  /** Whether the phrases occur in these tokens; undefined when the index has proven it. */
  phrases: ((tokens: string) => string) | undefined;
}

/** `parameter` adds a value and returns its placeholder. */
export function conditionsOf(search: Search, parameter: (value: string) => string): Conditions {
  const { alternatives, without } = search;
  const indexed: string[] = [];
  const others: string[] = [];
  const hasWords = alternatives.length > 0;
  const toSee = hasWords ? without.filter(({ isProven }) => !isProven) : without;
  if (hasWords) {
    const not = without.filter(({ isProven }) => isProven).map(({ keys }) => ` & !${keys}`);
    const wanted = alternatives.map((phrases) => phrases.map(({ keys }) => keys).join(' & ')).join(' | ');
    indexed.push(`search_keys(tokens_of(body)) @@ ${parameter(`(${wanted})${not.join('')}`)}::tsquery`);
  }
  const has = ({ pattern }: Phrase, tokens: string) => `strpos(${tokens}, ${parameter(pattern)}) > 0`;
  if (toSee.length > 0) {
    const none = toSee.map((phrase) => `not ${has(phrase, 'tokens')}`);
    others.push(`(select ${none.join(' and ')} from (select tokens_of(m.body) as tokens offset 0) t)`);
  }
  const names = { inbox: search.from, sent: search.to };
  for (const [box, name] of Object.entries(names)) {
    if (name === undefined) continue;
    indexed.push(isWith(parameter(name)));
    others.push(`m.box ${box === 'sent' ? '=' : '<>'} 'sent'`);
  }
  const isSeen = alternatives.every((phrases) => phrases.every(({ isProven }) => isProven));
  const phrases = (tokens: string) =>
    alternatives.map((all) => `(${all.map((phrase) => has(phrase, tokens)).join(' and ')})`).join(' or ');
  const place = search.place ? places[search.place] : outsideTrays('m');
  return {
    hasWords,
    isUnread: search.isUnread,
    place,
    indexed,
    others,
    phrases: isSeen ? undefined : phrases,
  };
}

const isWith = (name: string) =>
  `names_of(other_id, other_name) && array[${name}, (select ' ' || id from users where username = ${name})]`;

const places: Record<Place, string> = {
  inbox: `m.box = 'inbox' and m.trashed_at is null`,
  sent: `m.box = 'sent' and m.trashed_at is null`,
  trash: 'm.trashed_at is not null',
  requests: `m.box = 'requests' and m.trashed_at is null`,
  blocked: `m.box = 'blocked' and m.trashed_at is null`,
};

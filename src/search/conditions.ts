// What somebody searches for, as conditions in SQL.
import type { Search } from './search-words.ts';

export interface Conditions {
  /** The words as a tsquery, if there are any. */
  words: string | undefined;
  isUnread: boolean;
  /** On the message `m`, by which of the mailbox's lists it is in. */
  place: string;
  /** On columns of the table messages: what the index of words and names answers by itself. */
  indexed: string[];
  /** On the message `m`: what is to be seen from it. */
  others: string[];
}

/** `parameter` takes a value and says where it stands in the statement. */
export function conditionsOf(search: Search, parameter: (value: string) => string): Conditions {
  const indexed: string[] = [];
  const others: string[] = [];
  const words = search.words === '' ? undefined : queryOf(parameter(search.words));
  const without = search.without === '' ? [] : [queryOf(parameter(search.without))];
  if (words) indexed.push(hasAll('body', [inAnyOrder(words), ...without]));
  else if (without.length > 0) others.push(hasAll('m.body', without));
  const names = { inbox: search.from, sent: search.to };
  for (const [box, name] of Object.entries(names)) {
    if (name === undefined) continue;
    indexed.push(isWith(parameter(name)));
    others.push(`m.box = '${box}'`);
  }
  const place = search.place ? places[search.place] : 'true';
  return { words, isUnread: search.isUnread, place, indexed, others };
}

const hasAll = (text: string, queries: string[]) =>
  `to_tsvector('words', ${text}) @@ (${queries.join(' && ')})`;
const queryOf = (text: string) => `websearch_to_tsquery('words', ${text})`;

// The index knows which words a message has and not where, and to look that up takes ten times as long as all the rest.
/** A phrase as its words in any order: whether they stand as in the phrase is to be seen from the message. */
const inAnyOrder = (words: string) =>
  `case when ${words}::text like '%!%' then ${words} else regexp_replace(${words}::text, '${follows}', '&', 'g')::tsquery end`;
const follows = '<(-|\\d+)>';

/** Whether these words, a tsquery, stand in the text of a message that has them in any order. */
export function standAsAsked(words: string, text: string): string {
  return `(${words}::text !~ '${follows}' or ${hasAll(text, [words])})`;
}

const isWith = (name: string) =>
  `names_of(other_id, other_name) && array[${name}, (select ' ' || id from users where username = ${name})]`;

const places = {
  inbox: `m.box = 'inbox' and m.trashed_at is null`,
  sent: `m.box = 'sent' and m.trashed_at is null`,
  trash: 'm.trashed_at is not null',
};

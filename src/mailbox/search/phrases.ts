// Phrases, of one token or more: what the index is asked for them, and where they stand in a text.
import { tokensOf, type Token } from './tokenizer.ts';

/** Tokens that stand in a row. The last one may be the beginning of a word, unless it stood in quotation marks. */
export interface Phrase {
  tokens: string[];
  isPrefix: boolean;
  /** For the index, a tsquery of the keys that a message with this phrase has (search_keys, migrations/0018). */
  keys: string;
  /** Whether a message with these keys has the phrase: where not, its text must be looked at. */
  isProven: boolean;
  /** As it stands among the tokens of a message (tokens_of, migrations/0018). */
  pattern: string;
}

/** How long the beginnings of words are that the index knows. */
const prefixLengths = [3, 4, 6];
const maxKeyLength = 60;

/** The phrase that these characters make; undefined when there is no letter or digit in them. */
export function readPhrase(text: string, isQuoted: boolean): Phrase | undefined {
  const tokens = tokensOf(text);
  const last = tokens.at(-1);
  if (!last) return undefined;
  const isPrefix = !isQuoted && !last.isUnspaced && lengthOf(last.text) >= prefixLengths[0]!;
  const keys = tokens.flatMap((token, index) =>
    keysOf(token, tokens[index - 1], tokens[index + 1], isPrefix),
  );
  const texts = tokens.map((token) => token.text);
  return {
    tokens: texts,
    isPrefix,
    keys: keys.map(({ query }) => query).join(' & '),
    isProven: keys.length === 1 && keys[0]!.isExact,
    pattern: ` ${texts.join(' ')}${isPrefix ? '' : ' '}`,
  };
}

interface Key {
  query: string;
  /** Whether only this token has the key. */
  isExact: boolean;
}

/** Of characters without spaces each pair is a key, and one that stands alone. */
function keysOf(token: Token, before: Token | undefined, next: Token | undefined, isPrefix: boolean): Key[] {
  const { text, isUnspaced } = token;
  if (isUnspaced && next?.isUnspaced) return [keyOf(`${text}~${next.text}`)];
  if (isUnspaced && before?.isUnspaced) return [];
  return [isPrefix && !next ? prefixKeyOf(text) : keyOf(text)];
}

function keyOf(text: string): Key {
  return { query: quote(cut(text, maxKeyLength)), isExact: lengthOf(text) <= maxKeyLength };
}

function prefixKeyOf(text: string): Key {
  const length = prefixLengths.findLast((known) => known <= lengthOf(text))!;
  const query = `(${keyOf(text).query} | ${quote(`${cut(text, length)}*`)})`;
  return { query, isExact: length === lengthOf(text) };
}

const quote = (key: string) => `'${key}'`; // tokens have no quotation marks or backslashes
const cut = (text: string, length: number) => Array.from(text).slice(0, length).join('');
const lengthOf = (text: string) => Array.from(text).length;

export interface Range {
  start: number;
  end: number;
}

/** Where the phrases stand in the text, in order; those that touch or overlap as one. */
export function findPhrases(text: string, phrases: Phrase[]): Range[] {
  const tokens = tokensOf(text);
  const found = phrases.flatMap((phrase) => findPhrase(tokens, phrase));
  const ranges: Range[] = [];
  for (const range of found.toSorted((a, b) => a.start - b.start)) {
    const last = ranges.at(-1);
    if (last && range.start <= last.end) last.end = Math.max(last.end, range.end);
    else ranges.push({ ...range });
  }
  return ranges;
}

function findPhrase(tokens: Token[], phrase: Phrase): Range[] {
  const last = phrase.tokens.length - 1;
  const isHere = (from: number) =>
    phrase.tokens.every((wanted, index) => {
      const text = tokens[from + index]?.text;
      return index === last && phrase.isPrefix ? text?.startsWith(wanted) : text === wanted;
    });
  return tokens.flatMap(({ start }, index) =>
    isHere(index) ? [{ start, end: tokens[index + last]!.end }] : [],
  );
}

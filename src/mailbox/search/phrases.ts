// Search phrases: their keys in the index, and where they occur in a text.
import { tokensOf, type Token } from './tokenizer.ts';

/** Consecutive tokens; the last one may be a prefix, unless it is quoted. */
export interface Phrase {
  tokens: string[];
  isPrefix: boolean;
  /** tsquery of the keys that a message with this phrase has (search_keys, migrations/0018). */
  keys: string;
  /** Whether the keys prove the phrase; if not, the text must be checked. */
  isProven: boolean;
  /** Its form among the tokens of a message (tokens_of, migrations/0018). */
  pattern: string;
}

const prefixLengths = [3, 4, 6];
const maxKeyLength = 60;

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

/** In scripts without spaces each pair of characters is a key, and a character that stands alone. */
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

const quote = (key: string) => `'${key}'`; // tokens contain no quotes or backslashes
const cut = (text: string, length: number) => Array.from(text).slice(0, length).join('');
const lengthOf = (text: string) => Array.from(text).length;

export interface Range {
  start: number;
  end: number;
}

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

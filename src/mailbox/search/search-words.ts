// Parses the search field into phrases and conditions.
import { foldUsername } from '../../usernames.ts';
import { highestId, lowestId, lowestIdAt } from '../../ids.ts';
import { dayAfter, readDay, startOfDay } from '../../web/days.ts';
import { readPhrase, type Phrase } from './phrases.ts';

export const maxSearchLength = 300;

const places = ['inbox', 'sent', 'trash', 'requests', 'blocked'] as const;
export type Place = (typeof places)[number];
const isPlace = (word: string): word is Place => (places as readonly string[]).includes(word);

export interface Search {
  /** A message has all phrases of at least one alternative, if there are any. */
  alternatives: Phrase[][];
  without: Phrase[];
  from: string | undefined;
  to: string | undefined;
  /** Bounds of the ids: `after` inclusive, `before` exclusive. */
  after: string;
  before: string;
  hasDays: boolean;
  isUnread: boolean;
  place: Place | undefined;
}

interface Piece {
  text: string;
  isQuoted: boolean;
  isWithout: boolean;
  /** Without punctuation before it: only then can it be a condition. */
  isBare: boolean;
}

// Parses a line like `cake "on saturday" -rain from:bob after:2026-10-31 in:sent`. Invalid conditions (`from:`,
// `before:soon`) are searched for as words. Undefined when there is nothing to search for (`&|!`).
export function readSearch(line: string, timeZone = 'UTC'): Search | undefined {
  const alternatives: Phrase[][] = [[]];
  const without: Phrase[] = [];
  const conditions: Partial<Search>[] = [];
  const pieces = splitLine(line);
  for (const [index, piece] of pieces.entries()) {
    const condition = readCondition(piece, timeZone);
    const phrase = condition ? undefined : readPhrase(piece.text, piece.isQuoted || piece.isWithout);
    if (condition) conditions.push(condition);
    else if (phrase && piece.isWithout) addOnce(without, phrase);
    else if (isOr(piece) && alternatives.at(-1)!.length > 0 && pieces.slice(index + 1).some(isWord)) {
      alternatives.push([]);
    } else if (phrase) addOnce(alternatives.at(-1)!, phrase);
  }
  const keyOf = (phrases: Phrase[]) =>
    phrases
      .map(({ pattern }) => pattern)
      .toSorted()
      .join();
  const found = [...new Map(alternatives.map((phrases) => [keyOf(phrases), phrases])).values()].filter(
    (phrases) => phrases.length > 0,
  );
  if (found.length + without.length + conditions.length === 0) return undefined;
  return {
    alternatives: found,
    without,
    from: undefined,
    to: undefined,
    after: lowestId,
    before: highestId,
    hasDays: false,
    isUnread: false,
    place: undefined,
    ...Object.assign({}, ...conditions),
  };
}

/** All paired quotation marks; an apostrophe is not one. */
const quotationMarks = /[“”„‟«»‹›「」『』｢｣〝〞〟❝❞＂]/g;

/** Ignores punctuation before a word, except a minus directly before it, or a dash, which phones type instead. */
const pieces =
  /(?<before>[^\s"\p{L}\p{N}\p{M}]*)"(?<quoted>[^"]*)"?|(?<signs>[^\s"\p{L}\p{N}\p{M}]*)(?<word>[^\s"]+)/gu;
const endsWithMinus = /[-‐‑‒–—−﹣－]$/;

function splitLine(line: string): Piece[] {
  return [...line.replace(quotationMarks, '"').matchAll(pieces)].map(({ groups = {} }) => {
    const { before, quoted, signs = '', word = '' } = groups;
    if (quoted !== undefined)
      return { text: quoted, isQuoted: true, isWithout: endsWithMinus.test(before ?? ''), isBare: false };
    return { text: word, isQuoted: false, isWithout: endsWithMinus.test(signs), isBare: signs === '' };
  });
}

const isOr = ({ text, isQuoted, isWithout }: Piece) => /^or$/i.test(text) && !isQuoted && !isWithout;

/** Whether it is searched for, so that an "or" before it joins two. */
const isWord = (piece: Piece) =>
  !piece.isWithout &&
  !isOr(piece) &&
  !readCondition(piece, 'UTC') &&
  readPhrase(piece.text, true) !== undefined;

/** A duplicate changes no result, and fifty of them take PostgreSQL seconds. */
function addOnce(phrases: Phrase[], phrase: Phrase): void {
  if (!phrases.some(({ pattern }) => pattern === phrase.pattern)) phrases.push(phrase);
}

function readCondition({ text, isBare }: Piece, timeZone: string): Partial<Search> | undefined {
  if (!isBare) return undefined;
  const [, name = '', value = ''] = /^([a-z]+)[:：](.+)$/i.exec(text) ?? [];
  return meanings.get(name.toLowerCase())?.(value.toLowerCase(), timeZone);
}

type Meaning = (value: string, timeZone: string) => Partial<Search> | undefined;

const meanings = new Map<string, Meaning>([
  ['from', (typed) => withName(typed, (from) => ({ from }))],
  ['to', (typed) => withName(typed, (to) => ({ to }))],
  // "before" ends with the previous day; "after" begins with the next one.
  [
    'before',
    (day, zone) => (readDay(day) ? { before: lowestIdAt(startOfDay(day, zone)), hasDays: true } : undefined),
  ],
  [
    'after',
    (day, zone) =>
      readDay(day) ? { after: lowestIdAt(startOfDay(dayAfter(day), zone)), hasDays: true } : undefined,
  ],
  ['is', (state) => (state === 'unread' ? { isUnread: true } : undefined)],
  ['in', (place) => (isPlace(place) ? { place } : undefined)],
]);

function withName(typed: string, use: (name: string) => Partial<Search>): Partial<Search> | undefined {
  const name = foldUsername(typed);
  return name === '' ? undefined : use(name);
}

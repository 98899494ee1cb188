// The excerpt of a found message, in pieces, so that a view can highlight and escape the matches.
import { maxExcerpt, shorten } from '../../web/text.ts';
import { findPhrases, type Phrase, type Range } from './phrases.ts';

export interface PassagePiece {
  text: string;
  isMatch: boolean;
}

/** In UTF-16 code units: shorter messages are shown whole, longer ones as at most two parts. */
const maxWhole = 280;
const lead = 60;
const trail = 160;

export function passageOf(text: string, phrases: Phrase[]): PassagePiece[] {
  const ranges = findPhrases(text, phrases);
  if (ranges.length === 0) return [gap(shorten(text, maxExcerpt))];
  if (text.length <= maxWhole) return markIn(text, { start: 0, end: text.length }, ranges);
  const [first, second] = choosePlaces(text, ranges, phrases);
  return [
    ...(first!.start > 0 ? [gap('… ')] : []),
    ...markIn(text, first!, ranges),
    ...(second ? [gap(' … '), ...markIn(text, second, ranges)] : []),
    ...((second ?? first!).end < text.length ? [gap(' …')] : []),
  ];
}

const gap = (text: string): PassagePiece => ({ text, isMatch: false });

function choosePlaces(text: string, ranges: Range[], phrases: Phrase[]): Range[] {
  const first = placeAround(text, ranges[0]!, 0);
  const shown = text.slice(first.start, first.end);
  const missing = phrases.filter((phrase) => findPhrases(shown, [phrase]).length === 0);
  const next = findPhrases(text, missing).find(({ start }) => start >= first.end);
  return next ? [first, placeAround(text, next, first.end)] : [first];
}

/** Not before `from`; cut between words, or else between graphemes. */
function placeAround(text: string, match: Range, from: number): Range {
  const start = Math.max(from, match.start - lead);
  const end = Math.min(text.length, Math.min(match.end, match.start + maxWhole) + trail);
  return {
    start: start === 0 ? 0 : nextCut(text, start, match.start),
    end: end === text.length ? end : lastCut(text, end, Math.min(match.end, end)),
  };
}

const nearby = 20;
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

function nextCut(text: string, from: number, most: number): number {
  const space = /\s\S/u.exec(text.slice(from, Math.min(from + nearby, most)));
  if (space) return from + space.index + 1;
  return endOfGrapheme(text, from - 1);
}

function lastCut(text: string, until: number, least: number): number {
  const spaces = [...text.slice(Math.max(until - nearby, least), until + 1).matchAll(/\s/gu)];
  const last = spaces.at(-1);
  if (last) return Math.max(until - nearby, least) + last.index;
  return graphemes.segment(text).containing(until)?.index ?? until;
}

function endOfGrapheme(text: string, index: number): number {
  const { segment, index: start } = graphemes.segment(text).containing(index)!;
  return start + segment.length;
}

function markIn(text: string, part: Range, matches: Range[]): PassagePiece[] {
  const pieces: PassagePiece[] = [];
  let at = part.start;
  for (const match of matches) {
    const [start, end] = [Math.max(match.start, at), Math.min(match.end, part.end)];
    if (start >= end) continue;
    pieces.push(
      { text: text.slice(at, start), isMatch: false },
      { text: text.slice(start, end), isMatch: true },
    );
    at = end;
  }
  pieces.push({ text: text.slice(at, part.end), isMatch: false });
  return pieces.filter((piece) => piece.text !== '');
}

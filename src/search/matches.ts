// The passage that a message was found for: its matches are marked by PostgreSQL and taken apart again, so that a view
// can mark and escape them.

export interface PassagePiece {
  text: string;
  isMatch: boolean;
}

// Characters that mark matches on their way from PostgreSQL to the page: of Unicode's private use area. Where somebody
// has written them, the passage shows a space.
const matchStart = '\uE000';
const matchEnd = '\uE001';

// A short message whole, of a long one the places where the words are.
const marked = `StartSel=${matchStart}, StopSel=${matchEnd}`;
const whole = `${marked}, HighlightAll=true`;
const places = `${marked}, MaxFragments=2, MaxWords=30, MinWords=12, ShortWord=0, FragmentDelimiter=" … "`;

/** In SQL, the passage of the message `m` for these words, a tsquery. */
export function passageFor(words: string): string {
  return `ts_headline('words', translate(m.body, '${matchStart}${matchEnd}', '  '), ${words},
    case when length(m.body) <= 280 then '${whole}' else '${places}' end)`;
}

/** The beginning of the message `m`, which was found without words. */
export const beginning = 'left(m.body, 280)';

/** The passage in pieces, in order. */
export function splitMatches(passage: string): PassagePiece[] {
  return passage
    .split(matchStart)
    .flatMap((part, index) => {
      if (index === 0) return [{ text: part, isMatch: false }];
      const [match = '', ...rest] = part.split(matchEnd);
      return [
        { text: match, isMatch: true },
        { text: rest.join(''), isMatch: false },
      ];
    })
    .filter(({ text }) => text !== '');
}

// The matches in a passage that PostgreSQL marked, taken apart so that a view can mark and escape them.
import { matchEnd, matchStart } from './queries.ts';

export interface PassagePiece {
  text: string;
  isMatch: boolean;
}

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

// A text as it shows: whether anything of it does, and how its beginning is shortened.

/**
 * Characters that show nothing, for a class of a regular expression: white space, controls, what Unicode calls
 * default-ignorable (zero-width characters, direction marks, Hangul fillers, tags), and those that are blank by their
 * shape (Braille, musical and Egyptian ones).
 */
const invisible = String.raw`\s\p{Cc}\p{White_Space}\p{Default_Ignorable_Code_Point}\u2800\uFFF9-\uFFFB\u{1D159}\u{13441}\u{13442}`;
const blank = new RegExp(`^[${invisible}]*$`, 'u');
const blankBeginning = new RegExp(`^[${invisible}]+`, 'u');

/** Whether nothing of it shows. */
export function isBlank(text: string): boolean {
  return blank.test(text);
}

/** How many code points of a message a list shows at most. */
export const maxExcerpt = 280;

// All that lie below U+10000, but for NUL, which no text has: the others begin no text that people write.
const blanks = [range(1, 0x3200), range(0xfe00, 0xffff)].flat().filter(isBlank).join('');

function range(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => String.fromCharCode(from + index));
}

/** In SQL, as much of a text as `shorten` needs: without the blank beginning, and one code point more than it shows. */
export function prefixOf(text: string, max: number): string {
  return `left(ltrim(${text}, '${blanks}'), ${max + 1})`;
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * The beginning of a text, at most `max` code points and without what is blank before it; "…" says that something is
 * missing. It ends between grapheme clusters, unless the first alone is longer.
 */
export function shorten(text: string, max: number): string {
  const shown = text.replace(blankBeginning, '');
  if (shown.length <= max) return shown; // in code units, of which there are no fewer
  const end = Array.from(shown.slice(0, 2 * max))
    .slice(0, max)
    .join('').length;
  if (end === shown.length) return shown;
  // Whether a cluster ends there depends on what is before it and on one code point behind it.
  const { index } = graphemes.segment(shown.slice(0, end + 2)).containing(end)!;
  return `${shown.slice(0, index === 0 ? end : index).trimEnd()}…`;
}

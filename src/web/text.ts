// Blank detection and excerpts of text.

// A character class: white space, controls, default ignorables (zero-width, direction marks, fillers), blank glyphs.
const invisible =
  String.raw`\s\p{Cc}\p{White_Space}\p{Default_Ignorable_Code_Point}\u2800\uFFF9-\uFFFB`.concat(
    String.raw`\u{1D159}\u{13441}\u{13442}`,
  );
const blank = new RegExp(`^[${invisible}]*$`, 'u');
const blankBeginning = new RegExp(`^[${invisible}]+`, 'u');

export function isBlank(text: string): boolean {
  return blank.test(text);
}

export const maxExcerpt = 160; // code points: one line of a wide screen

// Only those below U+10000: real text does not begin with the others. NUL occurs in no text.
const blanks = [range(1, 0x3200), range(0xfe00, 0xffff)].flat().filter(isBlank).join('');

function range(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => String.fromCharCode(from + index));
}

/** SQL for what `shorten` needs: no blank beginning, and one code point more than it shows. */
export function prefixOf(text: string, max: number): string {
  return `left(ltrim(${text}, '${blanks}'), ${max + 1})`;
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** At most `max` code points, then "…". Cuts between grapheme clusters unless the first alone is longer. */
export function shorten(text: string, max: number): string {
  const shown = text.replace(blankBeginning, '');
  if (shown.length <= max) return shown; // code units, never fewer than code points
  // Between two ASCII characters there is always a boundary: 0.2 µs, not 8, fifty times a page.
  if (/^[^\uD800-\uDFFF]*[!-~][ -~]$/.test(shown.slice(0, max + 1))) return `${shown.slice(0, max)}…`;
  const end = Array.from(shown.slice(0, 2 * max))
    .slice(0, max)
    .join('').length;
  if (end === shown.length) return shown;
  const { index } = graphemes.segment(shown.slice(0, end + 2)).containing(end)!; // needs one code point after it
  return `${shown.slice(0, index === 0 ? end : index).trimEnd()}…`;
}

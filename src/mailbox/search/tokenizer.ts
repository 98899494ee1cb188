// Tokenizer for queries and matches, equal to tokens_of (migrations/0018) for all of Unicode (tokenizer.test.ts).

/** A word, or one character of a script written without spaces; `start` and `end` are offsets in the text. */
export interface Token {
  text: string;
  isUnspaced: boolean;
  start: number;
  end: number;
}

// Accents, vowel points and enclosing marks, which people omit; other marks are part of the spelling.
const accents = new RegExp(
  [
    String.raw`[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]`,
    String.raw`[\u0483-\u0489]`,
    String.raw`[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]`,
    String.raw`[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed]`,
    String.raw`\u0640`,
    String.raw`[\u0711\u0730-\u074a]`,
    String.raw`[\u302a-\u302f]`,
  ].join('|'),
  'u',
);
// A zero-width space ends a word; other invisible characters are ignored.
const invisible = /(?!\u200b)\p{Default_Ignorable_Code_Point}/u;
const wordPart = /[\p{L}\p{N}\p{M}]/u;
const unspacedScripts = (
  'Han Hiragana Katakana Hangul Bopomofo Thai Lao Khmer Myanmar Tai_Tham Tai_Le New_Tai_Lue Tai_Viet Javanese ' +
  'Balinese Yi Nushu Tangut Khitan_Small_Script'
).split(' ');
const unspacedScript = new RegExp(`[${unspacedScripts.map((name) => `\\p{scx=${name}}`).join('')}]`, 'u');
const vowelOrFinalJamo = /[\u1160-\u11ff\ud7b0-\ud7ff]/u;
const plain: Record<string, string> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  þ: 'th',
  đ: 'd',
  ð: 'd',
  ø: 'o',
  ħ: 'h',
  ı: 'i',
  ł: 'l',
  ŧ: 't',
  ŋ: 'n',
  ƀ: 'b',
  ȼ: 'c',
  ǥ: 'g',
  ɨ: 'i',
  ɉ: 'j',
  ɍ: 'r',
  ʉ: 'u',
  ƶ: 'z',
  ĸ: 'k',
  ς: 'σ',
};

type Kind = 'word' | 'unspaced' | 'mark' | 'separator';

type Folded = [text: string, kind: Kind][];

const known = new Map<string, Folded>();

function fold(cluster: string): Folded {
  const before = known.get(cluster);
  if (before) return before;
  // NFD again: characters now removed may have prevented the canonical order.
  const kept = Array.from(cluster.normalize('NFKD')).filter(
    (one) => !accents.test(one) && !invisible.test(one),
  );
  const folded = Array.from(kept.join('').normalize('NFD'), (one): Folded[number] => {
    const lower = one.toLowerCase();
    return [plain[lower] ?? lower, kindOf(lower)];
  });
  if (known.size < 20_000) known.set(cluster, folded);
  return folded;
}

function kindOf(character: string): Kind {
  if (!wordPart.test(character)) return 'separator';
  if (character < '\u0e01' || !unspacedScript.test(character)) return 'word';
  return vowelOrFinalJamo.test(character) || /\p{M}/u.test(character) ? 'mark' : 'unspaced';
}

// A character with its marks, including half-width ones that are not in category M.
const clusters =
  /[^\p{M}\p{Default_Ignorable_Code_Point}\u0640ﾞﾟ]?[\p{M}\p{Default_Ignorable_Code_Point}\u0640ﾞﾟ]+|./gsu;

export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let open: Token | undefined;
  for (const { 0: cluster, index } of text.matchAll(clusters)) {
    for (const [part, kind] of fold(cluster)) {
      if (kind === 'separator') open = undefined;
      else if (open && (kind === 'mark' || (kind === 'word' && !open.isUnspaced))) open.text += part;
      else tokens.push((open = { text: part, isUnspaced: kind === 'unspaced', start: index, end: 0 }));
      if (open) open.end = index + cluster.length;
    }
  }
  for (const token of tokens)
    if (!isAscii.test(token.text)) token.text = token.text.normalize('NFD').normalize('NFC');
  return tokens;
}

// oxlint-disable-next-line no-control-regex
const isAscii = /^[\0-\x7f]*$/;

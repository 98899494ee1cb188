// The tokenizer: how text becomes tokens, for queries and for marking matches. The index has the same rule in SQL
// (tokens_of, migrations/0018); test/mailbox/search/tokenizer.test.ts holds the two equal for every character of Unicode.

/** A word, or one character of a script that is written without spaces; `start` and `end` are its place in the text. */
export interface Token {
  text: string;
  isUnspaced: boolean;
  start: number;
  end: number;
}

// Accents, vowel points and enclosing marks, which people leave out; other marks belong to the spelling.
const accents =
  // oxlint-disable-next-line no-misleading-character-class -- each is meant alone
  /[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]|[\u0483-\u0489]|[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]|[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed]|\u0640|[\u0711\u0730-\u074a]|[\u302a-\u302f]/u;
// A zero-width space ends a word; all other characters that show nothing are left out.
const invisible = /(?!\u200b)\p{Default_Ignorable_Code_Point}/u;
const wordPart = /[\p{L}\p{N}\p{M}]/u;
const unspacedScript =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{scx=Bopomofo}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}\p{scx=Tai_Tham}\p{scx=Tai_Le}\p{scx=New_Tai_Lue}\p{scx=Tai_Viet}\p{scx=Javanese}\p{scx=Balinese}\p{scx=Yi}\p{scx=Nushu}\p{scx=Tangut}\p{scx=Khitan_Small_Script}]/u;
const vowelOrFinalJamo = /[\u1160-\u11ff\ud7b0-\ud7ff]/u;
/** Letters that Unicode does not take apart. */
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

/** A character without case and accents, and what it is to the tokens beside it. */
type Folded = [text: string, kind: Kind][];

const known = new Map<string, Folded>();

/** Folds a character with its combining marks. */
function fold(cluster: string): Folded {
  const before = known.get(cluster);
  if (before) return before;
  // Once more in canonical order, which what is left out may have held up.
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

// A character with its marks, some of which are no marks by name: those of half width.
const clusters =
  /[^\p{M}\p{Default_Ignorable_Code_Point}\u0640ﾞﾟ]?[\p{M}\p{Default_Ignorable_Code_Point}\u0640ﾞﾟ]+|./gsu;

/** The tokens of a text in their order. */
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

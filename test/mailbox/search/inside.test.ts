// Search within text: scripts without spaces, Korean particles, punctuation, prefixes, phrases.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { tokensOf } from '../../../src/mailbox/search/tokenizer.ts';
import { cast } from '../../support/cast.ts';
import { find, marks } from './found.ts';

const { app, alice, bob } = await cast();
beforeEach(() => app.pool.query('delete from messages'));
afterAll(() => app.close());

test.each<[text: string, found: string[], notFound: string[]]>([
  ['我们明天去东京都看樱花。', ['东京', '东京都', '京', '花', '明天去', '东京 樱花', '"去东京"'], ['京东', '东都', '天明']],
  ['昨日、東京タワーへ行きました', ['東京', 'タワー', 'ﾀﾜｰ', '行き', '東京タワー', 'ました'], ['京タワ東', 'タワ東']],
  ['ภาษาไทยไม่มีช่องว่าง', ['ไทย', 'ภาษา', 'ช่องว่าง', 'มี'], ['ไทยภาษา']],
  ['ຂ້ອຍຮຽນພາສາລາວ', ['ພາສາ', 'ລາວ'], ['ລາວພາສາ']],
  ['ខ្ញុំរៀនភាសាខ្មែរ', ['ភាសា', 'ខ្មែរ'], ['ខ្មែរភាសា']],
  ['ကျွန်တော်မြန်မာစကားပြောတယ်', ['မြန်မာ', 'စကား'], ['စကားမြန်မာ']],
  ['친구와 학교에서 만났어요', ['학교', '친구', '만났', '학교에서'], ['교학', '학교와']],
  ['iPhone手机2026年买的', ['手机', 'iphone', '2026', 'iPhone手机', '年'], ['机手']],
  ['東京\n大阪 名古屋', ['大阪', '名古屋', '京大'], ['阪大']],
  ['either/or, end.Start', ['either', 'or', 'end', 'start', 'either/or', 'Start'], ['ither']],
  ['file_name_final.txt', ['final', 'name', 'txt', 'file_name', 'final.txt', '"name final"'], ['"name txt"']],
  ['see https://www.example.org/a/b?year=2026#top', ['example', 'example.org', 'www.example.org', 'year', '2026', 'top'], ['org.example']],
  ['<ines.muster+news@mail.example.org>', ['ines', 'muster', 'mail.example.org', 'ines.muster@', 'news'], ['muster.ines']],
  ['order 2024-0815', ['0815', '2024', '2024-0815'], ['815']],
  ['the gardener works', ['garden', 'gar', 'gard', 'garde', 'gardene', 'GARDEN', 'gárden', 'wor'], ['ga', '"garden"', 'gardeners', 'ardener']],
  ['Donaudampfschifffahrtsgesellschaft', ['donaudampfschiff', 'donau', 'Donaudampfschifffahrtsgesellschaft'], ['donauschiff', '"donau"']],
])('%s', async (text, found, notFound) => {
  await bob.send('alice', text);
  for (const q of found) expect(await find(alice, q), q).toEqual([text]);
  for (const q of notFound) expect(await find(alice, q), q).toEqual([]);
}); // prettier-ignore

test.each(['“long table”', '„long table“', '‟long table”', '«long table»', '»long table«', '‹long table›', '「long table」', '『long table』', '＂long table＂', '"long table”', '“long table'])(
  '%s is a phrase',
  async (q) => {
    for (const text of ['a long table', 'table, long', 'long, long, tables']) await bob.send('alice', text);
    expect(await find(alice, q)).toEqual(['a long table']);
    expect(await find(alice, `long -${q}`)).toEqual(['long, long, tables', 'table, long']);
  },
); // prettier-ignore

test('exactly the matching characters are marked', async () => {
  await bob.send('alice', '我们去东京都，在Straße/東京で gardeners 東京');
  expect(await marks(alice, '东京都')).toEqual(['东京都']);
  expect(await marks(alice, '東京 strasse garden')).toEqual(['Straße', '東京', 'gardeners', '東京']);
});

test('a long text without spaces is excerpted around the match, between grapheme clusters', async () => {
  const family = '👨‍👩‍👧‍👦';
  await bob.send('alice', `${'日本語'.repeat(900)}目的地${family.repeat(300)}`);
  const [passage = ''] = await find(alice, '目的地');
  expect(passage).toMatch(/^… .*目的地.* …$/su);
  expect(passage.length).toBeLessThan(600);
  expect(passage.replaceAll(family, '').match(/\p{Extended_Pictographic}|\u200d/gu)).toBeNull();
});

describe('no text is too large for the index:', () => {
  test.each<[what: string, text: string, q: string]>([
    [
      '10,000 Chinese characters',
      Array.from({ length: 10_000 }, (_, n) => String.fromCodePoint(0x4e00 + ((n * 7) % 20_000))).join(''),
      '一',
    ],
    ['one word of 10,000 letters', 'a'.repeat(10_000), 'a'.repeat(200)],
    ['1,800 different words', Array.from({ length: 1800 }, (_, n) => `w${n}`).join(' '), 'w1799'],
    ['10,000 marks on one letter', `ก${'\u0e49'.repeat(9999)}`, '…'],
    ['ligatures of 18 letters', '\ufdfa'.repeat(10_000), '\ufdfa'],
    ['capitals of rare scripts', 'ᏣᎳᎩ Ბ 𐐀東'.repeat(1100), 'ᏣᎳᎩ'],
    ['characters of four bytes', '𠀀𠀁'.repeat(5000), '𠀀𠀁'],
    ['signs alone', '🎉'.repeat(10_000), '🎉'],
    ['backslashes and quotation marks', `\\'"`.repeat(3000), `\\'`],
  ])('%s', async (_, text, q) => {
    expect((await bob.send('alice', text)).status).toBe(303);
    if (tokensOf(q).length > 0) expect(await find(alice, q)).toHaveLength(1);
  });
});

test('any substring of a text finds it, in any script', async () => {
  const texts = ['The Café/bar at 3.50€', 'Привет, мир! Ёлка', '今日は良い天気ですね。散歩', '안녕하세요 세계', 'สวัสดีชาวโลก', 'مرحبا بالعالم', 'नमस्ते दुनिया', 'mixed混合text文字'];
  for (const text of texts) await bob.send('alice', text);
  for (const text of texts) {
    const tokens = tokensOf(text);
    for (let from = 0; from < tokens.length; from += 1) {
      for (const to of [from, from + 1, from + 3]) {
        if (to >= tokens.length) continue;
        const piece = text.slice(tokens[from]!.start, tokens[to]!.end);
        expect(await find(alice, `"${piece}"`), piece).toContain(text);
      }
    }
  }
}); // prettier-ignore

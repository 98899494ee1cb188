// Search in any language: accents, case and punctuation are ignored, and words are not stemmed.
import { afterAll, describe, expect, test } from 'vitest';
import { cast } from '../../support/cast.ts';
import { find, marks } from './found.ts';

const { app, alice, bob } = await cast();
afterAll(() => app.close());

test.each([
  ['Meet me at the Café', 'cafe', 'CAFÉ', 'café', 'cafe\u0301'],
  ['Une cre\u0300me bru\u0302le\u0301e', 'crème brûlée', '"CREME BRULEE"'],
  ['Die Straße nach Gießen', 'strasse', 'STRASSE', 'straße', 'STRAẞE', 'gießen'],
  ['İstanbul’dan selam', 'istanbul', 'ISTANBUL', 'İSTANBUL', 'ıstanbul'],
  ['Ærø, Łódź, Đorđe, Ångström', 'aero', 'lodz', 'đorđe', 'dorde', 'angstrom', 'ŁÓDŹ'],
  ['ﬁne œuvre', 'fine', 'ŒUVRE', 'oeuvre'],
  ['Ο Οδυσσεύς γύρισε στην Ιθάκη', 'οδυσσευς', 'ΟΔΥΣΣΕΥΣ', 'ΟΔΥΣΣΕΎΣ', 'ιθακη', 'ΓΥΡΙΣΕ'],
  ['Новогодняя ёлка уже стоит', 'елка', 'ЁЛКА', 'СТОИТ'],
  ['متى نلتقي يا محمد؟ غدًا، إن شاء الله', 'محمد', '"يا محمد"', 'شاء', 'غدًا'],
  ['שלום חברים, מה נשמע?', 'שלום', 'נשמע'],
  ['मेरी हिन्दी भाषा', 'हिन्दी', 'भाषा'],
  ['ให้ ภาษา ไทย', 'ไทย'],
  ['한국어 편지를 보냈습니다.', '한국어', '보냈습니다'],
  ['手紙 を書きました。', '手紙', 'を書きました'],
])('“%s” is found as %s and so on', async (text, ...queries) => {
  await bob.send('alice', text);
  for (const q of queries) expect(await find(alice, q), q).toContain(text);
});

test.each([
  ['“Cakes”, she wrote…', 'cakes'],
  ['pudding🎉🎉', 'pudding'],
  ['the oven—hot', 'oven'],
  ['«gâteau»', 'gateau'],
  ['Don’t forget l’été', '"don\'t forget"'],
  ['Don’t forget l’été', 'été'],
  ['¿Mañana?', 'manana'],
  ['東京、大阪。', '大阪'],
  ['(brackets)[both]', 'both'],
  ['see https://example.org/pictures?year=2026 there', 'https://example.org/pictures?year=2026'],
  ['write to ines@example.org', 'ines@example.org'],
  ['a well-known place', 'well-known'],
  ['a well-known place', 'known'],
  ['it costs 3.50 or 1,250', '3.50'],
  ['Käse_Brot', 'kase'],
  ['tabs\tand\nlines', '"tabs and lines"'],
])('punctuation and emoji next to a word are not part of it: %s is found as %s', async (text, q) => {
  await bob.send('alice', text);
  expect(await find(alice, q)).toContain(text);
});

describe('words are not stemmed, in any language', () => {
  test.each([
    ['We went running with the dogs', ['"run"', 'runs', '"dog"', 'go', 'dogs!x', 'unning', 'ogs']],
    ['Die Häuser am See', ['"haus"', 'hauses', '"hause"', 'auser']],
    ['They were better', ['good', 'be', '"bet"', 'etter']],
  ])('%s', async (text, queries) => {
    await bob.send('alice', text);
    for (const q of queries) expect(await find(alice, q), q).not.toContain(text);
  });

  test.each(['the', 'and', 'und', 'не'])('stop words count too: %s', async (word) => {
    const text = `Nothing but ${word}, number ${word.length}`;
    await bob.send('alice', text);
    expect(await find(alice, `"but ${word} number"`)).toContain(text);
  });
});

test('the word is marked as written', async () => {
  await bob.send('alice', 'Ein Tagebuch aus der Schweizerstraße');
  expect(await marks(alice, 'SCHWEIZERSTRASSE tagebuch')).toEqual(['Tagebuch', 'Schweizerstraße']);
});

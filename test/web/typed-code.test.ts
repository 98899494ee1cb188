// Codes with the digits, dashes and spaces of any keyboard.
import { expect, test } from 'vitest';
import { foldCode } from '../../src/accounts/recovery/codes.ts';
import { typedCode } from '../../src/accounts/second-factor/codes.ts';
import { foldTypedCode } from '../../src/web/typed-code.ts';

test('digits of every script are read as their value', () => {
  const decimals: string[] = [];
  for (let codePoint = 0; codePoint <= 0x10ffff; codePoint += 1) {
    const isSurrogate = codePoint >= 0xd800 && codePoint <= 0xdfff;
    const character = isSurrogate ? '' : String.fromCodePoint(codePoint);
    if (/\p{Nd}/u.test(character)) decimals.push(character);
  }
  expect(decimals.length).toBeGreaterThan(700);
  // Unicode has them in tens, from zero to nine.
  expect(decimals.map(foldTypedCode)).toEqual(decimals.map((_, index) => String(index % 10)));
});

test.each([
  ['Arabic', '١٢٣٤٥٦'],
  ['Persian', '۱۲۳۴۵۶'],
  ['Devanagari', '१२३४५६'],
  ['Bengali', '১২৩৪৫৬'],
  ['Thai', '๑๒๓๔๕๖'],
  ['full width', '１２３　４５６'],
  ['bold from a mathematical alphabet', '𝟏𝟐𝟑𝟒𝟓𝟔'],
  ['two scripts', '12३४٥٦'],
  ['a hyphen', '123-456'],
  ['a no-break hyphen', '123\u2011456'],
  ['an en dash', '123–456'],
  ['an em dash with spaces', '123 — 456'],
  ['a minus sign', '123\u2212456'],
  ['a small and a full-width hyphen', '12\uFE6334－56'],
  ['a Japanese long vowel mark', '123ー456'],
  ['a no-break space', '123\u00A0456'],
  ['a narrow no-break space', '123\u202F456'],
  ['a zero-width space and a byte order mark', '\uFEFF123\u200B456'],
  ['direction marks', '\u2067١٢٣\u2069\u200E456\u200F'],
  ['a word joiner, a soft hyphen, a line break', '12\u206034\u00AD56\r\n'],
  ['a full stop', '123.456'],
])('a six-digit code is accepted with %s', (_, typed) => {
  expect(typedCode.parse(typed)).toBe('123456');
});

test.each(['', '12345', '1234567', '12345x', '一二三四五六', 'ⅠⅡⅢⅣⅤⅥ', '12345²²'])(
  '%j is not a six-digit code',
  (typed) => {
    expect(typedCode.safeParse(typed).success).toBe(false);
  },
);

test.each([
  ['full width', '７Ｋ２Ｍ－Ｑ９ＸＲ－０４ＴＢ－ＷＨ８１'],
  ['full width in small letters', '７ｋ２ｍ－ｑ９ｘｒ－０４ｔｂ－ｗｈ８１'],
  ['Arabic digits', '٧K٢M-Q٩XR-٠٤TB-WH٨١'],
  ['minus signs', '7K2M\u2212Q9XR\u221204TB\u2212WH81'],
  ['long vowel marks', '7K2Mーq9xrー04tbーwh81'],
  ['what cannot be seen', '\u200E7K2M\u200B-Q9XR\u2060-\u200D04TB-WH81\uFEFF'],
  ['quotation marks', '“7K2M-Q9XR-04TB-WH81”'],
  ['look-alikes in full width', '7K2M-Q9XR-Ｏ4TB-WH8ｌ'],
])('a recovery code is the same with %s', (_, typed) => {
  expect(foldCode(typed)).toBe('7K2MQ9XR04TBWH81');
});

// Texts that mail easily alters.
export const awkwardTexts = [
  'Hello',
  'From here on a line may begin like this:\nFrom bob Tue Nov 24 03:27:57 2026\n>From the past\n\nFrom',
  'a lone \r carriage return, a \t tab, a trailing space \nand no end',
  `${'long '.repeat(1900)}line`,
  '\n\nlines before and after\n\n',
  '🦉👩‍👩‍👧 שלום كيف حالك é \u0001\u0007\u007F \uFEFF \uFFFE',
  '\uFEFFbegins with a byte order mark',
  '<script>alert(1)</script> & "quoted" \'text\' </p>',
  '=?utf-8?B?bm90IGEgaGVhZGVy?= = =3D =20',
  '.',
  '🦉'.repeat(10_000),
];

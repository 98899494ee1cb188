// Recovery codes: hard to guess, easy to read and to type.
import { expect, test } from 'vitest';
import { foldCode, hashCode, newCodes } from '../../src/recovery/codes.ts';

test('ten codes of eighty random bits each, in groups, without characters that look alike', () => {
  const codes = newCodes();
  expect(codes).toHaveLength(10);
  for (const code of codes) expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$/);
  const many = Array.from({ length: 500 }, newCodes).flat();
  expect(new Set(many).size).toBe(5000);
  // Each of the 32 characters comes equally often in each place: 156 times, give or take seven standard deviations.
  for (let place = 0; place < 16; place++) {
    const counts = new Map<string, number>();
    for (const code of many) {
      const character = foldCode(code)[place]!;
      counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    expect(counts.size).toBe(32);
    for (const count of counts.values()) expect(Math.abs(count - 156)).toBeLessThan(88);
  }
});

test.each([
  '7K2M-Q9XR-04TB-WH81',
  '7k2m-q9xr-04tb-wh81',
  '7K2MQ9XR04TBWH81',
  ' 7K2M Q9XR\t04TB WH81 ',
  '7K2M – Q9XR — 04TB ‑ WH81',
  '7K2M-Q9XR-O4TB-WH8I',
  '7k2m-q9xr-o4tb-wh8l',
])('%j is the same code, however it is typed', (typed) => {
  expect(foldCode(typed)).toBe('7K2MQ9XR04TBWH81');
  expect(hashCode(typed)).toEqual(hashCode('7K2M-Q9XR-04TB-WH81'));
});

test('another code is another', () => {
  expect(hashCode('7K2M-Q9XR-04TB-WH82')).not.toEqual(hashCode('7K2M-Q9XR-04TB-WH81'));
});

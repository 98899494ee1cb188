// The format of recovery codes: hard to guess, easy to read and type.
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { foldCode, hashCode, newCodes } from '../../../src/accounts/recovery/codes.ts';
import { createEncryption } from '../../../src/secrets/encryption.ts';

const encryption = createEncryption(Buffer.alloc(32, 7));

test('there are ten codes of 140 random bits, in groups, without ambiguous characters', () => {
  const codes = newCodes();
  expect(codes).toHaveLength(10);
  for (const code of codes) expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){6}$/);
  const many = Array.from({ length: 500 }, newCodes).flat();
  expect(new Set(many).size).toBe(5000);
  // Each of the 32 characters comes equally often in each place: 156 times, give or take seven standard deviations.
  for (let place = 0; place < 28; place++) {
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
])('%j is the same code, regardless of spelling', (typed) => {
  expect(foldCode(typed)).toBe('7K2MQ9XR04TBWH81');
  expect(hashCode(encryption, typed)).toEqual(hashCode(encryption, '7K2M-Q9XR-04TB-WH81'));
});

test('another code has another hash', () => {
  expect(hashCode(encryption, '7K2M-Q9XR-04TB-WH82')).not.toEqual(
    hashCode(encryption, '7K2M-Q9XR-04TB-WH81'),
  );
});

test('codes are stored as HMACs: a copy of the database alone cannot verify a code', () => {
  const [code] = newCodes() as [string];
  const plain = createHash('sha256').update(foldCode(code)).digest();
  expect(hashCode(encryption, code)).not.toEqual(plain);
  expect(hashCode(encryption, code)).toEqual(
    hashCode(createEncryption(Buffer.alloc(32, 7)), code.toLowerCase()),
  );
  expect(hashCode(createEncryption(Buffer.alloc(32, 8)), code)).not.toEqual(hashCode(encryption, code));
});

// How long a TOTP code is valid.
import { Secret, TOTP } from 'otpauth';
import { expect, test } from 'vitest';
import { findStep, newestStep, newSecret } from '../../../src/accounts/second-factor/codes.ts';

const secret = newSecret();
const totp = new TOTP({ secret: new Secret({ buffer: new Uint8Array(secret).buffer }) });
const step = 59_000_000;
const startMs = step * 30_000;
const code = totp.generate({ timestamp: startMs });

test('a code is valid for its 30 seconds, the next 30, and 5 before for a fast clock', () => {
  const good = [];
  for (let second = -90; second <= 120; second++) {
    const found = findStep(secret, code, startMs + second * 1000);
    if (found === undefined) continue;
    expect(found).toBe(step);
    expect(newestStep(startMs + second * 1000)).toBeGreaterThanOrEqual(step);
    good.push(second);
  }
  expect(good).toEqual(Array.from({ length: 65 }, (_, n) => n - 5));
});

test('any other code is never valid', () => {
  for (let second = -90; second <= 120; second++)
    expect(findStep(newSecret(), code, startMs + second * 1000)).toBeUndefined();
});

// Passwords: hashed with argon2id, a few at once; how long they may be, and in which form they are the same.
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import argon2 from 'argon2';
import { createLimiter, type Limiter } from '../concurrency/limiter.ts';
import { HttpError } from '../web/errors.ts';
import { countCharacters } from '../web/forms.ts';
import { z } from 'zod';

export interface Passwords {
  hash(password: string): Promise<string>;
  /** Whether it is the password behind the hash. Without a hash: 'wrong', after the same time. */
  verify(hash: string | undefined, typed: string): Promise<Verdict>;
  /**
   * Does the work that a password is checked in, when it is its turn; throws the same 503 when too many wait already. Of
   * five hundred logins at a moment, one asks the database while another is hashed: pages find a connection free.
   */
  unlessCrowded: Limiter;
}

/** 'outdated': right, but the hash is weaker than what is asked for today, or of a form that is hashed no longer. */
export type Verdict = 'right' | 'outdated' | 'wrong';

// A hash keeps one core busy for about 40 ms. One core stays free for the pages of those who are signed in already.
const atOnce = Math.min(4, Math.max(1, availableParallelism() - 1));
// Whoever waits behind 40 others on one core waits under two seconds; the next one is asked to come back, and so are all
// of them when it takes much longer, because the database hangs: a page answers within 5 s (see database/pool.ts).
const line = { mayWait: 40, patience: 3000, refusal: crowded };

/** Hashing with these costs; throws a 503 with Retry-After when too many wait already. */
export function createPasswords(costs: { memoryKib: number; passes: number }): Passwords {
  const options = {
    type: argon2.argon2id,
    memoryCost: costs.memoryKib,
    timeCost: costs.passes,
    parallelism: 1,
  } as const;
  const limit = createLimiter(atOnce, line);
  const nobodys = unmatchedHash(costs);
  return {
    hash: (password) => limit(() => argon2.hash(normalize(password), options)),
    verify: async (hash, typed) => {
      // How long that takes depends on what was typed, and not on whose hash it is, or whether there is one.
      for (const [index, form] of formsOf(typed).entries()) {
        const isMatch = await limit(() => argon2.verify(hash ?? nobodys, form));
        if (hash === undefined || !isMatch) continue;
        return index > 0 || argon2.needsRehash(hash, options) ? 'outdated' : 'right';
      }
      return 'wrong';
    },
    unlessCrowded: createLimiter(atOnce + 1, line),
  };
}

/**
 * The form of a password that is hashed (NIST SP 800-63B, "Unicode"; UAX #15). Keyboards differ in how they compose an ü,
 * a Vietnamese or a Korean syllable, in the width of letters and in their spaces: it is the same password.
 */
function normalize(typed: string): string {
  return typed.normalize('NFKC');
}

/**
 * What may have been hashed of a password: first the form of today. Once it was hashed as it was typed, which was as it
 * is now, composed or decomposed. For ASCII, and so for nearly everybody, these are one.
 */
function formsOf(typed: string): string[] {
  return [...new Set([normalize(typed), typed, typed.normalize('NFC'), typed.normalize('NFD')])];
}

/** A hash in the usual form (PHC string format) that no known password has, so that checking it takes the usual time. */
function unmatchedHash({ memoryKib, passes }: { memoryKib: number; passes: number }): string {
  const unpadded = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=1$${unpadded(randomBytes(16))}$${unpadded(randomBytes(32))}`;
}

function crowded(): HttpError {
  return new HttpError(503, 'Many people are logging in right now. Please try again in a few seconds.', 3);
}

const maxLength = 256;
const tooLong = `A password has at most ${maxLength} characters.`;
// Of a password within that, decomposed: four code points of two units for each character (UAX #15, "Stability").
const text = (missing: string) => z.string(missing).max(8 * maxLength, tooLong);

/**
 * A new password: any characters, never trimmed or cut (NIST SP 800-63B-4, 3.1.1.2), in its normalized form. Counted in
 * code points.
 */
export const newPassword = text('Please choose a password.')
  .transform(normalize)
  .pipe(
    z
      .string()
      .refine(
        (password) => countCharacters(password) >= 8,
        'A password has at least 8 characters. A few words make a good one.',
      )
      .refine((password) => countCharacters(password) <= maxLength, tooLong)
      .refine(
        (password) => password.isWellFormed() && !password.includes('\0'),
        'There is a character in this password that cannot be typed again.',
      ),
  );

/** A password as typed to log in; longer than any that can exist is not worth hashing. */
export const typedPassword = text('Please enter your password.')
  .min(1, 'Please enter your password.')
  .refine((typed) => formsOf(typed).some((form) => countCharacters(form) <= maxLength), tooLong);

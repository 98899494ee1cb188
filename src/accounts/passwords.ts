// Passwords: argon2id hashing behind a limiter with two stages, Unicode normalization, and length rules.
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import argon2 from 'argon2';
import { createLimiter } from '../concurrency/limiter.ts';
import { HttpError } from '../web/errors.ts';
import { countCharacters } from '../web/forms.ts';
import { z } from 'zod';

export interface Hasher {
  hash(password: string): Promise<string>;
  /** Without a hash: 'wrong', after the same time. */
  verify(hash: string | undefined, typed: string): Promise<Verdict>;
}

/** 'outdated': right, but the hash has weaker costs than configured, or is not of the normalized form. */
export type Verdict = 'right' | 'outdated' | 'wrong';

// A hash keeps one core busy for about 40 ms. One core stays free for the pages of signed-in users.
export const maxHashes = 4;
const hashesAtOnce = Math.min(maxHashes, Math.max(1, availableParallelism() - 1));
// One more may be at the database meanwhile: even 500 concurrent logins leave connections for pages.
const admittedAtOnce = hashesAtOnce + 1;
// Behind 40 others, the wait on one core is under 2 s; beyond that, logins are refused. So are those that waited 3 s
// because the database hangs: a page answers within 5 s (see database/pool.ts).
export const passwordQueue = { mayWait: 40, patience: 3000, refusal: crowded };

/** Admits whole logins and other work that hashes, and limits the hashing in it. Throws a 503 if the queue is full. */
export type LimitHashing = (<T>(work: (hasher: Hasher) => Promise<T>) => Promise<T>) & { waiting(): number };

export function createHashingLimiter(costs: Costs): LimitHashing {
  const admit = createLimiter(admittedAtOnce, passwordQueue);
  const hasher = createHasher(costs);
  const limit = <T>(work: (hasher: Hasher) => Promise<T>) => admit(() => work(hasher));
  return Object.assign(limit, { waiting: () => admit.waiting() });
}

interface Costs {
  memoryKib: number;
  passes: number;
}

export function createHasher(costs: Costs): Hasher {
  const options = {
    type: argon2.argon2id,
    memoryCost: costs.memoryKib,
    timeCost: costs.passes,
    parallelism: 1,
  } as const;
  const limit = createLimiter(hashesAtOnce);
  const nobodys = unmatchedHash(costs);
  return {
    hash: (password) => limit(() => argon2.hash(normalize(password), options)),
    verify: async (hash, typed) => {
      // The time depends on what was typed, never on whose hash it is or whether there is one.
      for (const [index, form] of formsOf(typed).entries()) {
        const isMatch = await limit(() => argon2.verify(hash ?? nobodys, form));
        if (hash === undefined || !isMatch) continue;
        return index > 0 || argon2.needsRehash(hash, options) ? 'outdated' : 'right';
      }
      return 'wrong';
    },
  };
}

/** Keyboards differ in how they compose an ü, in letter width and in spaces (NIST SP 800-63B, "Unicode"; UAX #15). */
function normalize(typed: string): string {
  return typed.normalize('NFKC');
}

/** The normalized form first; the others match hashes from before passwords were normalized. For ASCII, all are one. */
function formsOf(typed: string): string[] {
  return [...new Set([normalize(typed), typed, typed.normalize('NFC'), typed.normalize('NFD')])];
}

/** A PHC string that no known password matches, so that checking it takes the usual time. */
function unmatchedHash({ memoryKib, passes }: Costs): string {
  const unpadded = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=1$${unpadded(randomBytes(16))}$${unpadded(randomBytes(32))}`;
}

function crowded(): HttpError {
  return new HttpError(
    503,
    'Many passwords are being checked right now. Please try again in a few seconds.',
    3,
  );
}

const maxLength = 256;
const tooLong = `A password has at most ${maxLength} characters.`;
// Bounds a decomposed password: four code points of two units for each character (UAX #15, "Stability").
const text = (missing: string) => z.string(missing).max(8 * maxLength, tooLong);

/** Any characters, never trimmed or truncated (NIST SP 800-63B-4, 3.1.1.2), normalized; counted in code points. */
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
        'This password contains a character that cannot be typed.',
      ),
  );

export const typedPassword = text('Please enter your password.')
  .min(1, 'Please enter your password.')
  .refine((typed) => formsOf(typed).some((form) => countCharacters(form) <= maxLength), tooLong);

// An authenticator app: holds a secret and shows its codes.
import { setTimeout as sleep } from 'node:timers/promises';
import { Secret, TOTP } from 'otpauth';
import { expect } from 'vitest';
import type { Answer, Person } from './person.ts';

export interface Authenticator {
  /** The secret in letters, without spaces. */
  letters: string;
  /** The secret itself. */
  bytes: Uint8Array;
  /** The code of this moment, or of some steps of 30 s before or after. */
  code: (steps?: number) => string;
  /** Six digits that are right neither now nor within a step of now's neighbours, which "000000" may be by chance. */
  wrong: () => string;
}

export function authenticator(letters: string): Authenticator {
  const totp = new TOTP({ secret: Secret.fromBase32(letters) });
  const code = (steps = 0) => totp.generate({ timestamp: Date.now() + steps * 30_000 });
  const around = () => [-2, -1, 0, 1, 2].map((steps) => code(steps));
  return {
    letters,
    bytes: totp.secret.bytes,
    code,
    wrong: () =>
      ['0', '1', '2', '3', '4', '5'].map((digit) => digit.repeat(6)).find((six) => !around().includes(six))!,
  };
}

/** The app that has read what the page for setting up shows. */
export function enrolled(page: Answer): Authenticator {
  return authenticator(page.$('.secret').text().replaceAll(' ', ''));
}

/**
 * Sets up codes. That uses up the one before this moment's, `first`; this moment's is left. It must not
 * be two steps old when it arrives.
 */
export async function withCodes(person: Person): Promise<Authenticator & { first: string }> {
  await person.submit('/account/second-factor');
  const app = enrolled(await person.get('/account/second-factor/set-up'));
  const leftMs = () => 30_000 - (Date.now() % 30_000);
  // Two codes may be the same by chance: one of them would be used up with the other.
  const areAlike = () => new Set([-2, -1, 0, 1].map((steps) => app.code(steps))).size < 4;
  while (leftMs() < 3000 || areAlike()) await sleep(leftMs());
  const first = app.code(-1);
  const answer = await person.submit('/account/second-factor/set-up', { code: first });
  expect([answer.status, answer.get('Location')]).toEqual([303, '/account/second-factor']);
  return { ...app, first };
}

/** Gives the password on a new login page; what follows is the second step. */
export async function beginLogin(person: Person, { username, password } = person): Promise<void> {
  const answer = await person.submit('/login', { username, password });
  expect([answer.status, answer.get('Location')]).toEqual([303, '/login/second']);
}

// TOTP codes (RFC 6238): six digits every 30 seconds, from a shared secret and the time.
import { Secret, TOTP } from 'otpauth';
import { z } from 'zod';
import type { Site } from '../../web/site.ts';
import { foldTypedCode } from '../../web/typed-code.ts';

const kind = { algorithm: 'SHA1', digits: 6, period: 30 };
// The previous step counts too, and no other (RFC 6238, 5.2). Network-set clocks differ by a second or two; for a phone
// whose clock is ahead, the next code counts 5 s early. So a code is valid for 65 s.
const stepMs = 30_000;
const clockAheadMs = 5000;

export const typedCode = z
  .string('Please enter the code.')
  .transform(foldTypedCode)
  .refine((text) => /^\d{6}$/.test(text), 'The code has six digits.');

/** 160 bits, as RFC 4226 recommends. */
export function newSecret(): Buffer {
  return Buffer.from(new Secret({ size: 20 }).bytes);
}

/** For the authenticator app: the otpauth URI, and the base32 secret in groups of four to type by hand. */
export interface Enrolment {
  address: string;
  letters: string;
}

/** The app shows the site's name and, beside the username, its host name. */
export function describeSecret(secret: Buffer, username: string, host: string, { name }: Site): Enrolment {
  const own = toSecret(secret);
  const issuer = name.replaceAll(/\s*[:：]\s*/g, ' ').trim(); // a colon ends it (Key URI Format)
  const totp = new TOTP({ ...kind, issuer, label: `${username}@${host}`, secret: own });
  return { address: totp.toString(), letters: own.base32.match(/.{1,4}/g)!.join(' ') };
}

export function findStep(secret: Buffer, code: string, at = Date.now()): number | undefined {
  const own = toSecret(secret);
  const isOf = (timestamp: number) =>
    TOTP.validate({ ...kind, token: code, secret: own, timestamp, window: 0 }) === 0;
  const moment = [at, at - stepMs, at + clockAheadMs].find(isOf);
  return moment === undefined ? undefined : stepAt(moment);
}

export function newestStep(at = Date.now()): number {
  return stepAt(at + clockAheadMs);
}

function stepAt(at: number): number {
  return TOTP.counter({ period: kind.period, timestamp: at });
}

function toSecret(secret: Buffer): Secret {
  return new Secret({ buffer: new Uint8Array(secret).buffer });
}

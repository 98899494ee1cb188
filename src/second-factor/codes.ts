// Codes from an authenticator app: six digits every 30 seconds, made from a shared secret and the time (TOTP, RFC 6238).
import { Secret, TOTP } from 'otpauth';
import { z } from 'zod';
import { foldTypedCode } from '../web/typed-code.ts';

// What every app can do. Seconds on either side of a step count too: clocks differ, and typing takes a while.
const kind = { algorithm: 'SHA1', digits: 6, period: 30 };
const stepsAround = 1;

/** A code as it is typed, in the digits of any script, with spaces or without. */
export const typedCode = z
  .string('Please enter the code.')
  .transform(foldTypedCode)
  .refine((text) => /^\d{6}$/.test(text), 'The code has six digits.');

/** 160 bits, as RFC 4226 recommends. */
export function newSecret(): Buffer {
  return Buffer.from(new Secret({ size: 20 }).bytes);
}

/** What a person takes over into the app: by camera or link, or by hand. */
export interface Enrolment {
  address: string;
  /** The secret in groups of four letters. */
  letters: string;
}

/** `site` is the host name that the app shows beside the username. */
export function describeSecret(secret: Buffer, username: string, site: string): Enrolment {
  const own = toSecret(secret);
  const totp = new TOTP({ ...kind, issuer: 'Private Messages', label: `${username}@${site}`, secret: own });
  return { address: totp.toString(), letters: own.base32.match(/.{1,4}/g)!.join(' ') };
}

/** The time step that this code is of, or undefined when it is of none around now. */
export function findStep(secret: Buffer, code: string, at = Date.now()): number | undefined {
  const delta = TOTP.validate({
    ...kind,
    token: code,
    secret: toSecret(secret),
    timestamp: at,
    window: stepsAround,
  });
  return delta === null ? undefined : stepAt(at) + delta;
}

/** The last time step whose code is right now. */
export function newestStep(at = Date.now()): number {
  return stepAt(at) + stepsAround;
}

function stepAt(at: number): number {
  return TOTP.counter({ period: kind.period, timestamp: at });
}

function toSecret(secret: Buffer): Secret {
  return new Secret({ buffer: new Uint8Array(secret).buffer });
}

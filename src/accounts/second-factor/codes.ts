// Codes from an authenticator app: six digits every 30 seconds, made from a shared secret and the time (TOTP, RFC 6238).
import { Secret, TOTP } from 'otpauth';
import { z } from 'zod';
import { foldTypedCode } from '../../web/typed-code.ts';

// What every app can do.
const kind = { algorithm: 'SHA1', digits: 6, period: 30 };
// Typing takes a while: the step before counts too, and no other (RFC 6238, 5.2). Clocks that are set by the network are a
// second or two apart; a phone's that is ahead makes its next code a little early. So a code is good for 65 s.
const stepMs = 30_000;
const clockAheadMs = 5000;

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
  const own = toSecret(secret);
  const isOf = (timestamp: number) =>
    TOTP.validate({ ...kind, token: code, secret: own, timestamp, window: 0 }) === 0;
  const moment = [at, at - stepMs, at + clockAheadMs].find(isOf);
  return moment === undefined ? undefined : stepAt(moment);
}

/** The last time step whose code is right now. */
export function newestStep(at = Date.now()): number {
  return stepAt(at + clockAheadMs);
}

function stepAt(at: number): number {
  return TOTP.counter({ period: kind.period, timestamp: at });
}

function toSecret(secret: Buffer): Secret {
  return new Secret({ buffer: new Uint8Array(secret).buffer });
}

// One-time link tokens: the owner's id and 256 random bits, of which the database holds only a hash.
import { createHash, randomBytes } from 'node:crypto';
import { bytesOfId, idOfBytes } from '../ids.ts';

export interface LinkKey {
  ownerId: string;
  hash: Buffer;
}

export function newLinkToken(ownerId: string): LinkKey & { token: string } {
  return linkToken(ownerId, randomBytes(32));
}

/** Of 256 bits that nobody else can know. */
export function linkToken(ownerId: string, secret: Buffer): LinkKey & { token: string } {
  const token = Buffer.concat([bytesOfId(ownerId), secret]).toString('base64url');
  return { token, ownerId, hash: hashOf(token) };
}

export function readLinkToken(token: unknown): LinkKey | undefined {
  if (typeof token !== 'string' || !/^[\w-]{64}$/.test(token)) return undefined;
  const ownerId = idOfBytes(Buffer.from(token, 'base64url').subarray(0, 16));
  return { ownerId, hash: hashOf(token) };
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

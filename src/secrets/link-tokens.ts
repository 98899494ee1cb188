// The secret part of a link that works once: whose it is and 256 random bits. The database holds only its hash.
import { createHash, randomBytes } from 'node:crypto';
import { bytesOfId, idOfBytes } from '../ids.ts';

/** Where to look for a link: by its owner first, as for everything. */
export interface LinkKey {
  ownerId: string;
  hash: Buffer;
}

/** A new token, to be shown once, and the key under which it is kept. */
export function newLinkToken(ownerId: string): LinkKey & { token: string } {
  const token = Buffer.concat([bytesOfId(ownerId), randomBytes(32)]).toString('base64url');
  return { token, ownerId, hash: hashOf(token) };
}

/** The key of a token; undefined for anything that cannot be one. */
export function readLinkToken(token: unknown): LinkKey | undefined {
  if (typeof token !== 'string' || !/^[\w-]{64}$/.test(token)) return undefined;
  const ownerId = idOfBytes(Buffer.from(token, 'base64url').subarray(0, 16));
  return { ownerId, hash: hashOf(token) };
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

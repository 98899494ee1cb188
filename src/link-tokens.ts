// The secret part of a link that works once: whose it is and 256 random bits. The database holds only its hash.
import { createHash, randomBytes } from 'node:crypto';

/** Where to look for a link: by its owner first, as for everything. */
export interface LinkKey {
  ownerId: string;
  hash: Buffer;
}

/** A new token, to be shown once, and the key under which it is kept. */
export function newLinkToken(ownerId: string): LinkKey & { token: string } {
  const token = Buffer.concat([bytesOf(ownerId), randomBytes(32)]).toString('base64url');
  return { token, ownerId, hash: hashOf(token) };
}

/** The key of a token; undefined for anything that cannot be one. */
export function readLinkToken(token: unknown): LinkKey | undefined {
  if (typeof token !== 'string' || !/^[\w-]{64}$/.test(token)) return undefined;
  const hex = Buffer.from(token, 'base64url').toString('hex', 0, 16);
  const ownerId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return { ownerId, hash: hashOf(token) };
}

function bytesOf(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

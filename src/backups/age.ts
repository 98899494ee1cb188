// Encrypts and decrypts streams in the age format (https://age-encryption.org/v1), which the tool age reads as well.
import { createHmac, hkdfSync, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { StartupError } from '../startup-error.ts';
import { chunkNonce, decryptPiece, encryptPiece, splitInto, tagBytes } from './age-chunks.ts';
import { agreeAs, agreeWith } from './age-keys.ts';
import { damaged } from './format.ts';

/** Whoever has the passphrase, or the secret key that belongs to the public one, can decrypt. */
export type Recipient = { passphrase: string } | { publicKey: string };
export type Identity = { passphrase: string } | { secretKey: string };

export const ageLine = 'age-encryption.org/v1\n';
const chunkBytes = 65_536;

// OWASP Password Storage Cheat Sheet, scrypt: N = 2^17, r = 8, p = 1, which takes 128 MB. A file may ask for 2^20.
const workFactor = 17;
const maxWorkFactor = 20;

export function encryptFor(recipient: Recipient) {
  return async function* encrypt(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const fileKey = randomBytes(16);
    const stanza = 'passphrase' in recipient ? await lock(fileKey, recipient) : wrapFor(fileKey, recipient);
    const header = `${ageLine}${stanza}---`;
    const nonce = randomBytes(16);
    yield Buffer.concat([Buffer.from(`${header} ${base64(headerMac(fileKey, header))}\n`), nonce]);
    const key = derive(fileKey, nonce, 'payload');
    let number = 0;
    for await (const { piece, isLast } of splitInto(chunks, chunkBytes))
      yield encryptPiece(key, chunkNonce(number++, isLast), piece);
  };
}

/** Throws a StartupError if the identity is wrong, or any bit of the file. */
export function decryptWith(identity: Identity) {
  return async function* decrypt(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const { header, mac, rest } = await readHeader(chunks);
    const fileKey = await unwrap(header, identity);
    if (!isSame(headerMac(fileKey, header), mac)) throw damaged();
    let key: Buffer | undefined;
    let number = 0;
    for await (const { piece, isLast } of splitInto(rest, chunkBytes + tagBytes, 16)) {
      if (key) yield decryptPiece(key, chunkNonce(number++, isLast), piece) ?? fail();
      else key = derive(fileKey, piece, 'payload');
    }
    if (number === 0) throw damaged();
  };
}

const deriveFromPassphrase = promisify<string, Buffer, number, object, Buffer>(scrypt);

function keyOf(passphrase: string, salt: Buffer, factor: number): Promise<Buffer> {
  const salted = Buffer.concat([Buffer.from('age-encryption.org/v1/scrypt'), salt]);
  const N = 2 ** factor;
  return deriveFromPassphrase(passphrase.normalize(), salted, 32, { N, r: 8, p: 1, maxmem: 2 * 1024 * N });
}

async function lock(fileKey: Buffer, { passphrase }: { passphrase: string }): Promise<string> {
  const salt = randomBytes(16);
  const wrapped = encryptPiece(await keyOf(passphrase, salt, workFactor), zero, fileKey);
  return `-> scrypt ${base64(salt)} ${workFactor}\n${base64(wrapped)}\n`;
}

function wrapFor(fileKey: Buffer, { publicKey }: { publicKey: string }): string {
  const { share, shared, recipient } = agreeWith(publicKey);
  const wrapped = encryptPiece(keyFromShared(shared, share, recipient), zero, fileKey);
  return `-> X25519 ${base64(share)}\n${base64(wrapped)}\n`;
}

const zero = Buffer.alloc(12);

/** The key of the file, from the first stanza that the identity opens. */
async function unwrap(header: string, identity: Identity): Promise<Buffer> {
  for (const [, kind, first, factor, body] of header.matchAll(
    /^-> (scrypt|X25519) ([\w+/]+)(?: (\d{1,2}))?\n([\w+/]{43})$/gm,
  )) {
    const wrapped = Buffer.from(body!, 'base64');
    const given = Buffer.from(first!, 'base64');
    let key: Buffer | undefined;
    if (kind === 'scrypt' && 'passphrase' in identity && Number(factor) <= maxWorkFactor)
      key = await keyOf(identity.passphrase, given, Number(factor));
    if (kind === 'X25519' && 'secretKey' in identity && given.length === 32) {
      const { shared, recipient } = agreeAs(identity.secretKey, given);
      key = keyFromShared(shared, given, recipient);
    }
    const fileKey = key && decryptPiece(key, zero, wrapped);
    if (fileKey) return fileKey;
  }
  throw new StartupError(
    'passphrase' in identity
      ? 'The passphrase is wrong, or the file is damaged. Nothing was changed.'
      : 'The file is encrypted for another key, or damaged. Nothing was changed.',
  );
}

function keyFromShared(shared: Buffer, share: Buffer, recipient: Buffer): Buffer {
  return derive(shared, Buffer.concat([share, recipient]), 'age-encryption.org/v1/X25519');
}

function derive(secret: Buffer, salt: Buffer | string, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, 32));
}

function headerMac(fileKey: Buffer, header: string): Buffer {
  return createHmac('sha256', derive(fileKey, '', 'header'))
    .update(header)
    .digest();
}

function isSame(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

function fail(): never {
  throw damaged();
}

export const maxHeaderBytes = 4096;
const headerPattern = /^([^]*?\n---) ([\w+/]{43})\n/;
const nonceBytes = 16;

/** Without a key: it begins as age does, and ends with a whole chunk. `start` is latin1, at least of the header. */
export function isWholeFile(start: string, bytes: number): boolean {
  const [header] = headerPattern.exec(start) ?? [];
  if (!header?.startsWith(ageLine)) return false;
  const rest = (bytes - header.length - nonceBytes) % (chunkBytes + tagBytes);
  return bytes > header.length + nonceBytes && (rest === 0 || rest > tagBytes);
}

async function readHeader(
  chunks: AsyncIterable<Buffer>,
): Promise<{ header: string; mac: Buffer; rest: AsyncIterable<Buffer> }> {
  const source = chunks[Symbol.asyncIterator]();
  let held = Buffer.alloc(0);
  for (;;) {
    const [found, header, mac] = headerPattern.exec(held.toString('latin1')) ?? [];
    if (found) {
      const rest = { [Symbol.asyncIterator]: () => after(held.subarray(found.length), source) };
      return { header: header!, mac: Buffer.from(mac!, 'base64'), rest };
    }
    const { value, done } = await source.next();
    if (done || held.length > maxHeaderBytes) throw damaged();
    held = Buffer.concat([held, value]);
  }
}

async function* after(held: Buffer, source: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield held;
  for (let next = await source.next(); !next.done; next = await source.next()) yield next.value;
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}

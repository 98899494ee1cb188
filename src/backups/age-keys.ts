// The keys of age: X25519 (RFC 7748), written in Bech32.
import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { decodeBech32, encodeBech32 } from './bech32.ts';

const publicPrefix = 'age';
const secretPrefix = 'age-secret-key-';

export function isPublicKey(text: string): boolean {
  return decodeBech32(publicPrefix, text)?.length === 32;
}

export function isSecretKey(text: string): boolean {
  return decodeBech32(secretPrefix, text)?.length === 32;
}

export function makeKeys(): { publicKey: string; secretKey: string } {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  return {
    publicKey: encodeBech32(publicPrefix, rawPublic(publicKey)),
    secretKey: encodeBech32(secretPrefix, rawPrivate(privateKey)).toUpperCase(),
  };
}

/** The two sides of a key agreement, as raw bytes; `share` is what the file holds. */
export function agreeWith(publicKey: string): { share: Buffer; shared: Buffer; recipient: Buffer } {
  const recipient = decodeBech32(publicPrefix, publicKey)!;
  const ephemeral = generateKeyPairSync('x25519');
  const shared = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: publicFrom(recipient) });
  return { share: rawPublic(ephemeral.publicKey), shared, recipient };
}

/** What `agreeWith` returned, for whoever has the secret key. */
export function agreeAs(secretKey: string, share: Buffer): { shared: Buffer; recipient: Buffer } {
  const own = privateFrom(decodeBech32(secretPrefix, secretKey)!);
  const shared = diffieHellman({ privateKey: own, publicKey: publicFrom(share) });
  return { shared, recipient: rawPublic(createPublicKey(own)) };
}

// Node takes and gives raw X25519 keys as JWK (RFC 8037).
function rawPublic(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'jwk' }).x!, 'base64url');
}

function rawPrivate(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'jwk' }).d!, 'base64url');
}

function publicFrom(raw: Buffer): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: raw.toString('base64url') }, format: 'jwk' });
}

// PKCS#8 (RFC 8410): a JWK would have to name the public key too.
const pkcs8 = Buffer.from('302e020100300506032b656e04220420', 'hex');

function privateFrom(raw: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([pkcs8, raw]), format: 'der', type: 'pkcs8' });
}

// The encrypted chunks of an age file (STREAM of Hoang, Reyhanitabar, Rogaway and Vizár, with ChaCha20-Poly1305).
import { createCipheriv, createDecipheriv } from 'node:crypto';

const cipher = 'chacha20-poly1305';
export const tagBytes = 16;

export function encryptPiece(key: Buffer, nonce: Buffer, piece: Buffer): Buffer {
  const stream = createCipheriv(cipher, key, nonce, { authTagLength: tagBytes });
  return Buffer.concat([stream.update(piece), stream.final(), stream.getAuthTag()]);
}

/** Undefined if the key is another one, or any bit. */
export function decryptPiece(key: Buffer, nonce: Buffer, piece: Buffer): Buffer | undefined {
  if (piece.length < tagBytes) return undefined;
  const stream = createDecipheriv(cipher, key, nonce, { authTagLength: tagBytes });
  stream.setAuthTag(piece.subarray(piece.length - tagBytes));
  try {
    return Buffer.concat([stream.update(piece.subarray(0, piece.length - tagBytes)), stream.final()]);
  } catch {
    return undefined; // the tag does not match
  }
}

/** Each chunk is bound to its number and to whether it is the last: none can be moved, dropped or cut off. */
export function chunkNonce(number: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(BigInt(number), 3);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

/** Pieces of this size, the first of another one if that is given, and the last of what is left. */
export async function* splitInto(
  chunks: AsyncIterable<Buffer>,
  size: number,
  first = size,
): AsyncGenerator<{ piece: Buffer; isLast: boolean }> {
  let held = Buffer.alloc(0);
  let next = first;
  for await (const chunk of chunks) {
    held = Buffer.concat([held, chunk]);
    for (; held.length > next; next = size) {
      yield { piece: held.subarray(0, next), isLast: false };
      held = held.subarray(next);
    }
  }
  yield { piece: held, isLast: true };
}

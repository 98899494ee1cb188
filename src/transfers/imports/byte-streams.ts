// Byte streams of imported files: peek, gunzip, and normalization of encodings and line ends.
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Unpacking } from './unpacking.ts';
import { Unreadable } from './unreadable.ts';

const headLength = 4096;

export async function peek(
  source: AsyncIterable<Buffer>,
): Promise<{ head: Buffer; all: AsyncIterable<Buffer> }> {
  const chunks: Buffer[] = [];
  let length = 0;
  const iterator = source[Symbol.asyncIterator]();
  while (length < headLength) {
    const next = await iterator.next();
    if (next.done) break;
    chunks.push(next.value);
    length += next.value.length;
  }
  const head = Buffer.concat(chunks);
  return { head, all: joined(head, iterator) };
}

async function* joined(head: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (head.length > 0) yield head;
    for (;;) {
      const next = await rest.next();
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await rest.return?.();
  }
}

/** Throws Unreadable when the data is damaged or expands beyond the limit. */
export async function* gunzip(source: AsyncIterable<Buffer>, unpacking: Unpacking): AsyncGenerator<Buffer> {
  const packed = Readable.from(source, { objectMode: false });
  const unpacked = createGunzip();
  packed.on('error', (error) => unpacked.destroy(error));
  try {
    for await (const chunk of packed.pipe(unpacked) as AsyncIterable<Buffer>) {
      unpacking.add(chunk.length);
      yield chunk;
    }
  } catch (error) {
    if (!(error as NodeJS.ErrnoException).code?.startsWith('Z_')) throw error;
    throw new Unreadable('This file (gz) is damaged or incomplete.');
  } finally {
    packed.destroy();
    unpacked.destroy();
  }
}

/** Converts UTF-16 to UTF-8 and classic Mac line ends (CR) to line feeds, and strips a UTF-8 byte order mark. */
export function asLines(source: AsyncIterable<Buffer>, head: Buffer): AsyncIterable<Buffer> {
  const wide = wideEncodingOf(head);
  if (wide) return fromUtf16(source, wide);
  const isMac = head.includes('\r') && !head.includes('\n');
  if (isMac) return replaceReturns(source);
  return head.subarray(0, 3).equals(Buffer.from('\uFEFF')) ? withoutStart(source, 3) : source;
}

function wideEncodingOf(head: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  const beginning = head.toString('latin1', 0, 6);
  if (/^(?:\xFF\xFE|[A-Z]\0[\w-]\0)/.test(beginning)) return 'utf-16le';
  return /^(?:\xFE\xFF|\0[A-Z]\0[\w-])/.test(beginning) ? 'utf-16be' : undefined;
}

async function* fromUtf16(source: AsyncIterable<Buffer>, encoding: string): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of source) yield Buffer.from(decoder.decode(chunk, { stream: true }));
  yield Buffer.from(decoder.decode());
}

async function* replaceReturns(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of source)
    yield Buffer.from(chunk.toString('latin1').replaceAll('\r', '\n'), 'latin1');
}

async function* withoutStart(source: AsyncIterable<Buffer>, length: number): AsyncGenerator<Buffer> {
  let left = length;
  for await (const chunk of source) {
    if (chunk.length > left) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}

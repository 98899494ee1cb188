// Files that would take too much memory, time or space are refused with the reason.
import { open, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { emptyReport } from '../../../src/transfers/imports/import-report.ts';
import { readMbox } from '../../../src/transfers/imports/mbox-messages.ts';
import { createContentLength } from '../../../src/transfers/imports/mbox-length.ts';
import { readMessages } from '../../../src/transfers/imports/open-file.ts';
import { maxReaders, readerLimits, type ReaderLimits } from '../../../src/transfers/imports/reader-pool.ts';
import { mboxOf } from './importing.ts';
import { readBytes } from './reading.ts';

const from = 'From: Bob <bob@example.org>\nDate: Tue, 24 Nov 2020 03:27:57 +0100\n';
const border = 'From bob@example.org Tue Nov 24 03:27:57 2020\n';

describe('a reader thread', () => {
  async function read(content: string, limits: ReaderLimits): Promise<number> {
    const folder = await mkdtemp(join(tmpdir(), 'pm-bounds-'));
    await writeFile(join(folder, 'file'), content);
    const file = await open(join(folder, 'file'));
    try {
      const options = { report: emptyReport(), signal: new AbortController().signal, limits };
      return (await Array.fromAsync(readMessages(file, options))).flat().length;
    } finally {
      await file.close();
      await rm(folder, { recursive: true });
    }
  }
  const small = mboxOf(`${from}\nx`);
  const large = mboxOf(`${from}Content-Type: text/html\n\n${'<p>a'.repeat(240_000)}`);

  test.each<[what: string, limits: Partial<ReaderLimits>, content: string, reason: string]>([
    ['so much memory', { heapMb: 16 }, large, 'memory'],
    ['so much time for a step', { stepMs: 1 }, small, 'time'],
    ['so much time for a file', { fileMs: 1 }, small, 'time'],
  ])('%s', async (_, limits, content, reason) => {
    // More often than there are threads: each of them is given back.
    for (let n = 0; n <= maxReaders; n += 1)
      await expect(read(content, { ...readerLimits, ...limits })).rejects.toThrow(
        `This file takes too much ${reason} to read. Split it, and import one part after the other.`,
      );
    expect(await read(small, readerLimits)).toBe(1);
  });

  test.each([
    ['a page of HTML', large],
    [
      'lines that have to wait',
      `${border}${from}Content-Length: 3900000\n\nFrom \n${'\n'.repeat(4_000_000)}`,
    ],
    [
      'very many parts',
      mboxOf(`${from}${parts('Content-Type: x/y; name="a long name of a file"\n\nx\n').repeat(20_000)}`),
    ],
    ['parts in parts', mboxOf(from + nested(99) + '--b98\n\n'.repeat(20_000))],
  ])('needs less than a quarter of its memory: %s', async (_, content) => {
    expect(await read(content, { ...readerLimits, heapMb: readerLimits.heapMb / 4 })).toBeGreaterThan(0);
  });
});

function parts(one: string, kind = 'mixed'): string {
  return `Content-Type: multipart/${kind}; boundary=b\n\n--b\n${one}`;
}

function nested(depth: number): string {
  const levels = Array.from(
    { length: depth },
    (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\n\n--b${n}\n`,
  );
  return levels.join('');
}

/** Processor time of this thread, in ms: what else the machine does is not in it. */
async function timeOf(text: string): Promise<number> {
  const bytes = Buffer.from(text, 'latin1');
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
  }
  const source = { report: emptyReport(), isSent: false, ownAddresses: new Set<string>() };
  const before = process.threadCpuUsage();
  for await (const _ of readMbox(pieces(), source));
  return process.threadCpuUsage(before).user / 1000;
}

const html = (text: string) => `${from}Content-Type: text/html\n\n${text}`;
const numbered = (count: number, one: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => one(n)).join('');

// Each is read in its whole length: about a fifth of a second of it is enough to tell.
test.each<[what: string, count: number, make: (count: number) => string]>([
  ['parts', 4000, (n) => `${from}Content-Type: multipart/mixed; boundary=b\n\n${'--b\n\nx\n'.repeat(n)}`],
  [
    'texts that are hashed',
    90,
    (n) =>
      `${from}Content-Type: multipart/mixed; boundary=b\n\n${`--b\n\n${'word '.repeat(2000)}\n`.repeat(n)}`,
  ],
  ['headers', 20_000, (n) => `${from}${'X-Abc: def\n'.repeat(n)}\nx`],
  ['headers of a part', 20_000, (n) => `${from}${parts('X-Abc: def\n'.repeat(n))}\nx`],
  ['folded headers', 20_000, (n) => `${from}Subject: a\n${' b\n'.repeat(n)}\nx`],
  [
    'headers that have lost their indentation',
    20_000,
    (n) => `${from}${'lost\nTo: a@example.org\n'.repeat(n)}\nx`,
  ],
  ['parts in parts', 2000, (n) => `${from}${nested(n)}\nx`],
  ['mails in mails', 10_000, (n) => `${from}${'Content-Type: message/rfc822\n\n'.repeat(n)}`],
  ['boundaries that are none', 20_000, (n) => `${from}${nested(90)}\n${'--b9x\n'.repeat(n)}`],
  [
    'boundaries that were not named',
    2000,
    (n) =>
      `${from}Content-Type: multipart/mixed\n\n${numbered(n, (i) => `--q${i}\nContent-Type: multipart/mixed\n\n`)}`,
  ],
  ['tags that do not end', 60_000, (n) => html('<a href="'.repeat(n))],
  ['links in links', 20_000, (n) => html('<a href="http://example.org">w'.repeat(n))],
  ['comments that do not end', 100_000, (n) => html('<!--'.repeat(n))],
  ['entities', 80_000, (n) => html('&amp;'.repeat(n))],
  [
    'encoded words',
    20_000,
    (n) => `${from}${parts(`Content-Type: text/rfc822-headers\n\nS: ${'=?utf-8?q?a?= '.repeat(n)}`)}`,
  ],
  [
    'encoded words that do not end',
    60_000,
    (n) => `${from}${parts(`Content-Type: text/rfc822-headers\n\nS: ${'=?utf-8?q?'.repeat(n)}`)}`,
  ],
  [
    'pieces of a name (RFC 2231)',
    20_000,
    (n) => `${from}Content-Type: x/y;\n${numbered(n, (i) => ` name*${i}*=%41;\n`)}\nx`,
  ],
  [
    'addresses with comments in comments',
    100_000,
    (n) => `From: ${'(a'.repeat(n)}\nTo: ${'(b) <c@example.org>, '.repeat(n / 10)}\nDate: x\n\nx`,
  ],
  ['groups of addresses in groups', 50_000, (n) => `From: ${'g:'.repeat(n)}\nDate: x\n\nx`],
  ['lines that may begin a mail', 50_000, (n) => `${border}${from}\n${'From \n'.repeat(n)}`],
  [
    'mails that say they are long',
    4000,
    (n) => `${border}${from}Content-Length: 3900000\n\nFrom \n`.repeat(n),
  ],
  [
    'a line above a mail that does not end',
    900_000,
    (n) => `From ${'x'.repeat(n)}`.padEnd(n) + `\n${from}\nx`,
  ],
  ['quoted lines', 400_000, (n) => `${border}${from}\n${'>'.repeat(n)}From x\n`],
  [
    'lines of base64 that are padded',
    30_000,
    (n) => `${from}Content-Transfer-Encoding: base64\n\n${'QQ==\n'.repeat(n)}`,
  ],
  ['escapes of another alphabet', 100_000, (n) => `${from}\n${'\u001B$B'.repeat(n)}x`],
  ['spaces in front of a page', 400_000, (n) => `${from}\n${' '.repeat(n)}<html>`],
])('twice as many take twice as long: %s', async (_, count, make) => {
  const [once, twice] = [make(count), make(2 * count)];
  await timeOf(make(count / 10)); // compiled by then
  const ratios: number[] = [];
  do {
    const single = Math.max(await timeOf(once), 10); // below, it is the clock that is measured
    ratios.push((await timeOf(twice)) / single);
  } while (ratios.at(-1)! >= 3 && ratios.length < 5);
  expect(Math.min(...ratios)).toBeLessThan(3);
});

test('a Content-Length far ahead is checked in few steps', () => {
  let looks = 0;
  const offsets = new Proxy(
    Array.from({ length: 100_001 }, (_, n) => n * 10),
    {
      get(target, name, receiver) {
        looks += 1;
        return Reflect.get(target, name, receiver) as unknown;
      },
    },
  );
  const lines = Array.from({ length: 100_000 }, () => 'x'.repeat(9));
  const length = createContentLength();
  length.line('Content-Length: 900000', 0);
  length.line('', 0);
  expect(length.covers({ lines, offsets }, 0, false)).toBe(false);
  expect(looks).toBeLessThan(100);
});

describe('the content of a file is bounded by its size', () => {
  const reason = 'This file unpacks to more than 500 times its size, as no mail does.';
  const mailbox = Buffer.from(`${border}${from}Content-Type: x/y\n\n${`${'x'.repeat(9999)}\n`.repeat(400)}`);

  test('for gzip', async () => {
    const packed = gzipSync(Buffer.concat(Array.from({ length: 30 }, () => mailbox)));
    expect((await readBytes(packed)).refusal).toBe(reason);
    expect((await readBytes(gzipSync(mailbox))).copies).toHaveLength(1);
  });

  test('for a zip whose entries share their bytes', async () => {
    expect((await readBytes(overlapping(mailbox, 40))).refusal).toBe(reason);
    expect((await readBytes(overlapping(mailbox, 2))).copies).toHaveLength(2);
  });
});

/** So many names for one file. */
function overlapping(content: Buffer, count: number): Buffer {
  const packed = deflateRawSync(content);
  const header = (signature: number, length: number, at: number) => {
    const bytes = Buffer.alloc(length);
    bytes.writeUInt32LE(signature, 0);
    bytes.writeUInt16LE(8, at); // how it is packed
    bytes.writeUInt32LE(crc32(content), at + 6);
    bytes.writeUInt32LE(packed.length, at + 10);
    bytes.writeUInt32LE(content.length, at + 14);
    bytes.writeUInt16LE('0000.mbox'.length, at + 18);
    return bytes;
  };
  const names = Array.from({ length: count }, (_, n) => Buffer.from(`${String(n).padStart(4, '0')}.mbox`));
  const local = Buffer.concat([header(0x04034b50, 30, 8), names[0]!, packed]);
  const directory = Buffer.concat(names.flatMap((name) => [header(0x02014b50, 46, 10), name]));
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, directory, end]);
}
